#!/usr/bin/env python3
"""Make the reference numbers of tests/runs/responses.rs by powerlaw and SciPy; they are printed, and stand in that test.

    pip install powerlaw==2.0.0 scipy==1.17.1
    python power_law.py

The sample has 1200 numbers and none of them is drawn: with u = (i + 0.5) / 800, i = 0..799, the bulk is
0.3 sqrt(-2 ln(1 - u)) (a Rayleigh distribution), and with u = (i + 0.5) / 400, i = 0..399, the tail is
(1 - u)^(-1 / 1.5), which is a power law of exponent 2.5 above 1.

x_min is looked for here by scipy.stats.kstest at every number that leaves 50 or more, and by powerlaw.
"""

import numpy as np
import powerlaw
from scipy import special, stats

u, v = (np.arange(800) + 0.5) / 800, (np.arange(400) + 0.5) / 400
x = np.sort(np.concatenate([0.3 * np.sqrt(-2 * np.log1p(-u)), (1 - v) ** (-1 / 1.5)]))

best = None
for at in range(len(x) - 50 + 1):
    tail = x[at:]
    alpha = 1 + len(tail) / np.log(tail / tail[0]).sum()
    distance = stats.kstest(tail, lambda y: 1 - (y / tail[0]) ** (1 - alpha)).statistic
    if best is None or distance < best[0]:
        best = (distance, tail[0], alpha, len(tail))
print("scipy     KS %.15g x_min %.15g alpha %.15g tail %d" % best)
found = powerlaw.Fit(x, verbose=False)
print("powerlaw  KS %.15g x_min %.15g alpha %.15g" % (found.D, found.xmin, found.alpha))
fit = powerlaw.Fit(x, xmin=best[1], verbose=False)
print("powerlaw  there: alpha %.15g sigma %.15g" % (fit.power_law.alpha, fit.power_law.sigma))
for rival in ("lognormal", "exponential"):
    print(rival, "ratio %.15g p %.15g" % fit.distribution_compare("power_law", rival, normalized_ratio=True))
print("lognormal mu %.12g sigma %.12g" % (fit.lognormal.mu, fit.lognormal.sigma))
# Tails in which the best lognormal is no power law.
for numbers, start in ((x[:800], 0.2), (x, 0.5)):
    start = numbers[numbers >= start][0]
    fit = powerlaw.Fit(numbers, xmin=start, verbose=False)
    print("from %.15g alpha %.15g n %d" % (start, fit.power_law.alpha, fit.n_tail))
    print("    lognormal mu %.12g sigma %.12g" % (fit.lognormal.mu, fit.lognormal.sigma))
    for rival in ("lognormal", "exponential"):
        print("   ", rival, "ratio %.12g p %.12g" % fit.distribution_compare("power_law", rival, normalized_ratio=True))
# By SciPy alone: the exponential whose rate is exactly the likeliest one, and the tail of the normal distribution.
tail = x[-best[3]:]
first, alpha, rate = tail[0], best[2], 1 / (tail - tail[0]).mean()
ratios = np.log((alpha - 1) / first) - alpha * np.log(tail / first) - np.log(rate) + rate * (tail - first)
ratio = ratios.sum() / np.sqrt(len(tail) * ratios.var())
print("exponential by its formula: ratio", repr(float(ratio)), "p", repr(float(special.erfc(abs(ratio) / np.sqrt(2)))))
for z in (-3, -0.5, 0, 0.999, 1, 2, 8):
    print("sf", z, repr(float(stats.norm.sf(z))))
