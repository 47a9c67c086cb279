"""Drain3 over a file of log lines. Reads one request a line (JSON), writes one answer a line (JSON).

Request: {file, masks, begin, ids}: `masks` names a set below or "none"; the text of a line begins behind `begin` bytes-as-characters
(a header of fixed width is no part of it) and `ids`, where given, is a file that gets the number of the cluster of each line as uint32,
the final one of the clusters as it stood when the line came. Answer: {seconds, lines, clusters, version} or {error}.
The seconds are those of the processor from the first line read to the last one matched.
"""

import json
import sys
import time
from array import array
from importlib.metadata import version

from drain3 import TemplateMiner
from drain3.masking import MaskingInstruction
from drain3.template_miner_config import TemplateMinerConfig

EDGE = r"((?<=[^A-Za-z0-9])|^)"
END = r"((?=[^A-Za-z0-9])|$)"

# "hdfs": block, address and number, as the project's own example for this system has them; "usual": its example for any system.
MASKS = {
    "none": [],
    "hdfs": [("BLK", r"blk_-?\d+"), ("IP", r"(/|)([0-9]+\.){3}[0-9]+(:[0-9]+|)(:|)"), ("NUM", EDGE + r"([\-\+]?\d+)" + END)],
    "usual": [("IP", EDGE + r"(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})" + END), ("HEX", EDGE + r"(0x[a-f0-9A-F]+)" + END), ("NUM", EDGE + r"([\-\+]?\d+)" + END)],
}


def match(request):
    config = TemplateMinerConfig()
    config.masking_instructions = [MaskingInstruction(pattern, name) for name, pattern in MASKS[request["masks"]]]
    miner = TemplateMiner(config=config)
    begin = request.get("begin", 0)
    ids = array("I")
    lines = 0
    started = time.process_time()
    with open(request["file"], encoding="latin-1", newline="\n") as source:
        for line in source:
            lines += 1
            ids.append(miner.add_log_message(line[begin:].rstrip("\r\n"))["cluster_id"])
    seconds = time.process_time() - started
    if "ids" in request:
        with open(request["ids"], "wb") as out:
            ids.tofile(out)
    return {"seconds": seconds, "lines": lines, "clusters": len(miner.drain.clusters), "version": f"drain3 {version('drain3')}"}


for line in sys.stdin:
    try:
        answer = match(json.loads(line))
    except Exception as error:  # the answer says what went wrong, whatever it was
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
