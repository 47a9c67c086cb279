"""Peers written in Python. Reads one request a line (JSON), writes one answer a line (JSON); rows and scores are files of float64.

Request: {peer, rows, width, scores, options}. Answer: {seconds, version} or {error}. Each row is scored by what came before it, then learnt.
The time is that of scoring and learning alone: without start-up, files, and the making of the model.
"""

import json
import sys
import time
from importlib.metadata import version

import numpy as np


def river_half_space_trees(rows, options):
    from river import anomaly, preprocessing

    model = preprocessing.MinMaxScaler() | anomaly.HalfSpaceTrees(
        n_trees=options.get("trees", 10), height=options.get("depth", 8), window_size=options.get("window", 250), seed=options.get("seed", 42)
    )
    dicts = [dict(enumerate(row)) for row in rows.tolist()]

    def work():
        scores = []
        for row in dicts:
            scores.append(model.score_one(row))
            model.learn_one(row)
        return scores

    return work, "river"


def river_gaussian(rows, options):
    """The largest score of the columns, each with a scorer of its own."""
    from river import anomaly

    columns = rows.shape[1]
    models = [anomaly.GaussianScorer(window_size=options.get("window"), grace_period=options.get("grace", 100)) for _ in range(columns)]
    lists = rows.tolist()

    def work():
        scores = []
        for row in lists:
            largest = 0.0
            for model, x in zip(models, row):
                largest = max(largest, model.score_one(None, x))
                model.learn_one(None, x)
            scores.append(largest)
        return scores

    return work, "river"


def sklearn_isolation_forest(rows, options):
    """Fitted again every `refit` rows on the last `window` rows; the rows until the next fit are scored by it, in one call."""
    from sklearn.ensemble import IsolationForest

    refit, window = options.get("refit", 256), options.get("window", 2048)

    def work():
        scores = np.full(len(rows), np.nan)
        for start in range(refit, len(rows), refit):
            past = rows[max(0, start - window) : start]
            model = IsolationForest(
                n_estimators=options.get("trees", 100), max_samples=min(options.get("sample", 256), len(past)), random_state=options.get("seed", 42)
            ).fit(past)
            scores[start : start + refit] = -model.score_samples(rows[start : start + refit])
        return scores

    return work, "scikit-learn"


def pysad_xstream(rows, options):
    from pysad.models import xStream

    model = xStream(
        num_components=options.get("components", 100),
        n_chains=options.get("chains", 100),
        depth=options.get("depth", 15),
        window_size=options.get("window", 256),
        random_state=options.get("seed", 42),
    )

    def work():
        scores = np.empty(len(rows))
        for i, row in enumerate(rows):
            scores[i] = model.fit_score_partial(row)
        return scores

    return work, "pysad"


PEERS = {
    "river-hst": river_half_space_trees,
    "river-gaussian": river_gaussian,
    "sklearn-iforest": sklearn_isolation_forest,
    "pysad": pysad_xstream,
}


def answer(request):
    rows = np.fromfile(request["rows"], dtype="<f8").reshape(-1, request["width"])
    work, package = PEERS[request["peer"]](rows, request["options"])
    began = time.process_time()
    scores = work()
    seconds = time.process_time() - began
    np.asarray(scores, dtype="<f8").tofile(request["scores"])
    return {"seconds": seconds, "version": f"{package} {version(package)}"}


def main():
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        try:
            said = answer(json.loads(line))
        except Exception as thrown:
            said = {"error": f"{type(thrown).__name__}: {thrown}"}
        print(json.dumps(said), file=answers, flush=True)


main()
