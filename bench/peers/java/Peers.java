import com.amazon.randomcutforest.RandomCutForest;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * RandomCutForest of AWS. Reads one request a line, fields separated by tabs: rows file, width, scores file, shingle, trees, sample, seed.
 * Answers a line: seconds, or `error` and why. Each row is scored by what came before it, then learnt; the time is that of scoring and
 * learning alone.
 */
public class Peers {
    public static void main(String[] args) throws IOException {
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            try {
                System.out.println(answer(line.split("\t")));
            } catch (Exception thrown) {
                System.out.println("error\t" + String.valueOf(thrown).replaceAll("\\s+", " "));
            }
            System.out.flush();
        }
    }

    private static double answer(String[] request) throws IOException {
        int width = Integer.parseInt(request[1]);
        double[] values = read(Path.of(request[0]));
        int shingle = Integer.parseInt(request[3]);
        RandomCutForest forest = RandomCutForest.builder()
                .dimensions(width * shingle)
                .shingleSize(shingle)
                .internalShinglingEnabled(true)
                .numberOfTrees(Integer.parseInt(request[4]))
                .sampleSize(Integer.parseInt(request[5]))
                .randomSeed(Long.parseLong(request[6]))
                .parallelExecutionEnabled(false)
                .build();
        double[] scores = new double[values.length / width];
        double[] row = new double[width];
        long began = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        for (int i = 0; i < scores.length; i++) {
            System.arraycopy(values, i * width, row, 0, width);
            scores[i] = forest.getAnomalyScore(row);
            forest.update(row);
        }
        double seconds = (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - began) / 1e9;
        write(Path.of(request[2]), scores);
        return seconds;
    }

    private static double[] read(Path path) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
        double[] values = new double[bytes.remaining() / 8];
        bytes.asDoubleBuffer().get(values);
        return values;
    }

    private static void write(Path path, double[] scores) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(scores.length * 8).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asDoubleBuffer().put(scores);
        Files.write(path, bytes.array());
    }
}
