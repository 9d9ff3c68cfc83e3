"""The numbers of numpy and SciPy in tests/runs/witnesses.rs: `python tests/reference/analyses.py`, with numpy and scipy."""

import numpy as np
from scipy.spatial.distance import pdist
from scipy.stats import entropy, linregress

x = np.array([[(i * 7 + j * 5) % 11 + (i * j) % 3 for j in range(6)] for i in range(5)], float)
y = np.array([[(i * 3 + j * 4) % 7 for j in range(3)] for i in range(5)], float)
print("1 - corrcoef", (1 - np.corrcoef(x))[np.tril_indices(5, -1)].tolist())
print("pdist", pdist(x)[:4].tolist())

centre = np.eye(5) - 1 / 5
k, l = centre @ x @ x.T @ centre, centre @ y @ y.T @ centre
print("biased", np.sum(k * l) / np.sqrt(np.sum(k * k) * np.sum(l * l)))


def hsic(k, l):  # Song et al. (2012), Eq. 4, of uncentred products
    n, k, l = len(k), k - np.diag(np.diag(k)), l - np.diag(np.diag(l))
    return np.trace(k @ l) + k.sum() * l.sum() / (n - 1) / (n - 2) - 2 / (n - 2) * (k @ l).sum()


k, l = x @ x.T, y @ y.T
print("unbiased", hsic(k, l) / np.sqrt(hsic(k, k) * hsic(l, l)))
print("entropy", entropy(np.exp([0.5, -1.0, 2.0, 0.0]) / np.exp([0.5, -1.0, 2.0, 0.0]).sum()))
line = linregress([0.5, 1.25, 2.0, 3.5], [1.0, 0.75, 2.5, 2.25])
print("linregress", line.slope, line.intercept, line.rvalue)

# Two maps on a torus of 4 x 4 pixels: kernels [to, from, 3, 3], at the frequency of row 1 and column 2.
w = np.array([((n * 13) % 17 - 8) / 10 for n in range(36)]).reshape(2, 2, 3, 3)
wave = np.exp(2j * np.pi * (np.arange(-1, 2)[:, None] / 4 + np.arange(-1, 2) * 2 / 4))
block = (w * wave).sum((2, 3))
top = max(np.linalg.eigvals(block), key=abs)
side, kernels = 12, np.array([(n * 13 % 17 - 8) / 10 for n in range(36)]).reshape(2, 2, 3, 3)
matrix = np.zeros((2, side, side, 2, side, side))
for row, column, down, across in np.ndindex(side, side, 3, 3):
    at = row + down - 1, column + across - 1
    if max(at) < side and min(at) >= 0:
        matrix[:, row, column, :, *at] += kernels[:, :, down, across]
print("radius with zeros around", np.abs(np.linalg.eigvals(matrix.reshape(2 * side**2, -1))).max())
print("eigvals", top.real, top.imag, np.linalg.svd(block)[1][0])
