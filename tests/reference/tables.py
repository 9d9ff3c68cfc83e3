#!/usr/bin/env python3
"""The tables of `lcnnc analyse` beside numpy, SciPy and powerlaw: how far each is off, on any run. `x.npz` may be left out, as it must
be for a run without a loop over `O`: then tables of activity are left out.

    pip install numpy==2.4.6 scipy==1.17.1 powerlaw==2.0.0 safetensors
    lcnnc analyse RUN --limit 25 --into FOLDER
    lcnnc activations RUN --values O@all --limit 25 --out FOLDER/x.npz
    python tables.py RUN FOLDER

For each table it prints how many numbers were compared, and their largest difference over the largest number of that column.
"""

import csv
import logging
import pathlib
import sys
import warnings

import numpy as np
import powerlaw
from safetensors.numpy import load_file
from scipy.spatial.distance import pdist, squareform
from scipy.stats import kstest, kurtosis, linregress

warnings.simplefilter("ignore")
logging.disable()
run, folder = map(pathlib.Path, sys.argv[1:])
weights = {t: load_file(run / f"{t}.safetensors") for t in ("initial", "best")}
weights = {time: {name: w.astype(float) for name, w in of.items()} for time, of in weights.items()}
has_x, found = (folder / "x.npz").exists(), {}
# [images, steps, channels, rows, columns]
x = np.load(folder / "x.npz")["O@all"].astype(float) if has_x else np.empty((0, 0, 1, 1, 1))
images, steps = x.shape[:2]


def rows(table, of_activity=False):
    if of_activity and not has_x or not (folder / f"{table}.csv").exists():
        return []
    with open(folder / f"{table}.csv") as file:
        return list(csv.DictReader(file))


def note(what, ours, theirs):
    found.setdefault(what, ([], []))
    found[what][0].extend(np.ravel(ours).astype(float))
    found[what][1].extend(np.ravel(theirs).astype(float))


for row in rows("weights"):
    w = weights["best"][row["parameter"]].ravel()
    for name, value in dict(mean=w.mean(), sd=w.std(), l1=abs(w).sum(), l2=np.linalg.norm(w), excess_kurtosis=kurtosis(w)).items():
        note(f"weights, {name}: numpy, SciPy", float(row[name]), value)
bins = {}
for row in rows("histograms"):
    bins.setdefault((row["parameter"], row["weights"]), []).append(row)
for (name, time), of in bins.items():
    edges = [float(row["from"]) for row in of] + [float(of[-1]["to"])]
    note("histograms, count: numpy", [row["count"] for row in of], np.histogram(weights[time][name], edges)[0])
for row in rows("sparsity", of_activity=True):
    flat = x[:, int(row["step"])].reshape(images, -1)
    fourth, zeros = kurtosis(flat, axis=1, fisher=False), (flat == 0).mean(1)
    for name, of in dict(kurtosis=fourth, zeros=zeros).items():
        note(f"sparsity, {name}: SciPy", [row[name], row[name + "_sd"]], [of.mean(), of.std(ddof=1)])
for row in rows("responses", of_activity=True):
    flat = x[:, int(row["step"])].ravel()
    positive, first = flat[flat > 0], float(row["x_min"])
    note("responses, n and positive: numpy", [row["n"], row["positive"]], [len(flat), len(positive)])
    note("responses, sd: numpy", row["sd"], flat.std())
    if int(row["sampled"]) < len(positive):
        print(f"responses, step {row['step']}: only some of {len(positive)} numbers were fitted; a smaller --limit takes all")
        continue
    tail = positive[positive >= first]
    alpha = 1 + len(tail) / np.log(tail / first).sum()
    distance = kstest(tail, lambda y: 1 - (y / first) ** (1 - alpha)).statistic
    note("responses, exponent: numpy", row["exponent"], alpha)
    note("responses, distance: SciPy", row["distance"], distance)
    fit = powerlaw.Fit(tail, xmin=first, parameter_ranges={"alpha": [1, 50]}, verbose=False)
    note("responses, exponent: powerlaw", row["exponent"], fit.power_law.alpha)
    for rival in ("lognormal", "exponential"):
        ratio, _ = fit.distribution_compare("power_law", rival, normalized_ratio=True)
        if row[f"against_{rival}"]:
            note(f"responses, against {rival}: powerlaw", row[f"against_{rival}"], ratio)
order = [int(row["image"]) for row in rows("rdm_images", of_activity=True)]
for step in range(steps):
    theirs = squareform(pdist(x[order, step].reshape(len(order), -1), "correlation"))
    note("rdm, all matrices: SciPy", np.load(folder / f"rdm_O_{step}.npy"), theirs)


def hsic(k, l):  # Song et al. (2012), Eq. 4
    n, k, l = len(k), k - np.diag(np.diag(k)), l - np.diag(np.diag(l))
    return np.trace(k @ l) + k.sum() * l.sum() / (n - 1) / (n - 2) - 2 / (n - 2) * (k @ l).sum()


grams = [flat @ flat.T for flat in (x[:200, step].reshape(min(images, 200), -1) for step in range(steps))]
for row in rows("cka", of_activity=True):
    k, l = grams[int(row["step"])], grams[int(row["other_step"])]
    note("cka: numpy", row["cka"], hsic(k, l) / np.sqrt(hsic(k, k) * hsic(l, l)))
pairs = {}
for row in rows("similarity"):
    a, w = (weights[row["weights"]][f"{row[name]}.weight"] for name in ("afferent", "bundle"))
    p, q = int(row["p"]), int(row["q"])
    lateral = np.linalg.norm((w[:, p] - w[:, q]).reshape(len(w), -1), axis=1)
    theirs = [np.linalg.norm(a[p] - a[q]), lateral.mean(), lateral.std(ddof=1) / np.sqrt(len(w))]
    note("similarity, distances: numpy", [row[c] for c in ("d_afferent", "d_lateral", "d_lateral_se")], theirs)
    pairs.setdefault((row["bundle"], row["weights"]), []).append(theirs[:2])
for row in rows("summary"):
    if row["analysis"] == "similarity" and row["quantity"] in ("slope", "correlation r"):
        line = linregress(*np.array(pairs[row["of"], row["at"].split()[0]]).T)
        note("similarity, slope and r: SciPy", row["value"], line.slope if row["quantity"] == "slope" else line.rvalue)
for row in rows("kernels"):
    w = weights[row["weights"]][f"{row['bundle']}.weight"][int(row["to"]), int(row["from"])]
    note("kernels: numpy", [row[c] for c in ("norm", "mean", "minimum", "maximum")], [np.linalg.norm(w), w.mean(), w.min(), w.max()])
for row in rows("spectrum"):
    w = weights[row["weights"]][f"{row['bundle']}.weight"]
    half, f = w.shape[2] // 2, [float(row[c]) for c in ("row_frequency", "column_frequency")]
    at = np.arange(-half, half + 1)
    block = (w * np.exp(2j * np.pi * (f[0] * at[:, None] + f[1] * at))).sum((2, 3))
    note("spectrum, radius and gain: numpy", [row["radius"], row["gain"]], [abs(np.linalg.eigvals(block)).max(), np.linalg.norm(block, 2)])
for row in rows("gabor"):
    if not row["r2"]:
        continue
    w = weights[row["weights"]][f"{row['bundle']}.weight"][int(row["channel"]), 0]
    of = {c: float(row[c]) for c in ("orientation", "frequency", "phase", "sigma", "aspect", "row", "column", "amplitude")}
    half, theta = len(w) // 2, np.radians(of["orientation"])
    down, right = np.mgrid[-half : half + 1, -half : half + 1]
    down, right = down - of["row"], right - of["column"]
    across, along = right * np.sin(theta) + down * np.cos(theta), right * np.cos(theta) - down * np.sin(theta)
    envelope = of["amplitude"] * np.exp(-(across**2 + (of["aspect"] * along) ** 2) / (2 * of["sigma"] ** 2))
    drawn = envelope * np.cos(2 * np.pi * of["frequency"] * across + np.radians(of["phase"]))
    note("gabor, R² of the function: numpy", row["r2"], 1 - ((w - drawn) ** 2).sum() / ((w - w.mean()) ** 2).sum())
for row in rows("tuning_weights"):
    w = weights[row["weights"]][f"{row['bundle']}.weight"][int(row["q"]), int(row["p"])]
    note("tuning_weights, weight and centre: numpy", [row["weight"], row["centre"]], [w.sum(), w[len(w) // 2, len(w) // 2]])
for row in rows("ei_ratio"):
    e, i = (weights["best"][f"{row[name]}.weight"] for name in ("excitatory", "inhibitory"))
    e, i = (e.mean((1, 2, 3)), i.mean((1, 2, 3))) if row["over"] == "units" else (e, i)
    counts = (e > float(row["threshold"])).sum(), (i < -float(row["threshold"])).sum()
    note("ei_ratio, counts: numpy", [row["above"], row["below"]], counts)
for what, (ours, theirs) in found.items():
    ours, theirs = np.array(ours), np.array(theirs)
    off = np.nanmax(abs(ours - theirs)) / np.nanmax(abs(theirs))
    assert np.array_equal(np.isnan(ours), np.isnan(theirs)), what
    print(f"{what}: {len(ours)} numbers, off by at most {off:.1e} of the largest")
