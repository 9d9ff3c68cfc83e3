//! Functions of numbers and of tensors, as other languages call them.

use super::{At, Row};

const fn call(words: &'static [&'static str], say: &'static str, lines: [&'static str; 2]) -> Row {
    Row::new(At::Call, words, say, lines)
}

const fn surplus(words: &'static [&'static str], say: &'static str, lines: [&'static str; 2]) -> Row {
    Row::new(At::Surplus, words, say, lines)
}

pub const ROWS: &[Row] = &[
    call(&["rsqrt"], "one over the root is `1 / sqrt(x)`", ["h = rsqrt(x)", "h = 1 / sqrt(x)"]),
    call(&["pow", "power", "Pow"], "there is no power; a square is `square(x)`", ["h = pow(x, 2)", "h = square(x)"]),
    call(&["reciprocal", "inv", "inverse"], "one over a value is `1 / x`", ["h = reciprocal(x)", "h = 1 / x"]),
    call(&["log1p"], "it is `log(1 + x)`", ["h = log1p(x)", "h = log(1 + x)"]),
    call(&["expm1"], "it is `exp(x) - 1`", ["h = expm1(x)", "h = exp(x) - 1"]),
    call(&["log2", "log10", "ln"], "logarithms are natural ones: `log(x)`", ["h = log2(x)", "h = log(x)"]),
    call(&["exp2"], "it is `exp(0.6931472 * x)`", ["h = exp2(x)", "h = exp(0.6931472 * x)"]),
    call(&["sinh"], "it is `(exp(x) - exp(-x)) / 2`", ["h = sinh(x)", "h = (exp(x) - exp(-x)) / 2"]),
    call(&["cosh"], "it is `(exp(x) + exp(-x)) / 2`", ["h = cosh(x)", "h = (exp(x) + exp(-x)) / 2"]),
    call(
        &["sin", "cos", "tan", "asin", "acos", "atan", "arctan", "atanh", "erf", "cov", "sort", "median", "quantile"],
        "there is no such function, and none that it can be written with; docs/reference.md lists what there is",
        ["h = sin(x)", ""],
    ),
    call(
        &["sign", "heaviside", "floor", "ceil", "round", "trunc", "int", "argmax", "argmin", "topk", "bernoulli"],
        "there is no such function, as no gradient goes through it; near is a steep `sigmoid(10 * x)`",
        ["h = sign(x)", "h = sigmoid(10 * x)"],
    ),
    call(
        &["where", "cond", "ifelse", "iif"],
        "`if` chooses before the run; between entries it is a product with a gate: `gate(sigmoid(x), x, y)`",
        ["h = where(x, x, y)", "h = gate(sigmoid(x), x, y)"],
    ),
    call(
        &["maximum", "fmax", "Maximum"],
        "the larger of two values is `y + relu(x - y)`",
        ["h = maximum(x, y)", "h = y + relu(x - y)"],
    ),
    call(
        &["minimum", "fmin", "Minimum"],
        "the smaller of two values is `x - relu(x - y)`",
        ["h = minimum(x, y)", "h = x - relu(x - y)"],
    ),
    call(
        &["clamp", "clip", "clip_by_value", "clamp_", "bound"],
        "between a and b it is `a + relu(x - a) - relu(x - b)`, so between 0 and 6 `relu(x) - relu(x - 6)`",
        ["h = clamp(x, 0, 6)", "h = relu(x) - relu(x - 6)"],
    ),
    call(&["add", "Add"], "values are added by a sign: `x + y`", ["h = add(x, y)", "h = x + y"]),
    call(&["sub", "subtract", "Subtract"], "values are subtracted by a sign: `x - y`", ["h = sub(x, y)", "h = x - y"]),
    call(
        &["mul", "multiply", "Multiply", "times", "hadamard"],
        "values are multiplied by a sign: `x * y`",
        ["h = mul(x, y)", "h = x * y"],
    ),
    call(&["div", "divide", "true_divide"], "values are divided by a sign: `x / y`", ["h = div(x, y)", "h = x / y"]),
    call(
        &["matmul", "mm", "bmm", "einsum", "tensordot", "inner", "convolve", "conv_apply", "apply"],
        "weights are applied by a sign, which stands for their convolution or product: `W * x`",
        ["h = matmul(W, x)", "h = W * x"],
    ),
    call(
        &["std", "stddev", "sd", "reduce_std"],
        "the standard deviation is the root of the variance: `sqrt(var(W))`",
        ["penalty p = std(W)", "penalty p = sqrt(var(W))"],
    ),
    call(&["variance", "reduce_var"], "it is called `var(W)`", ["penalty p = variance(W)", "penalty p = var(W)"])
        .renamed("var"),
    call(
        &["reduce_sum", "total"],
        "it is called `sum(W)`, in penalties",
        ["penalty p = reduce_sum(W)", "penalty p = sum(W)"],
    )
    .renamed("sum"),
    call(
        &["reduce_mean", "average", "avg"],
        "the mean of each map is `global_avg_pool`, and in penalties that of all entries `mean(W)`",
        ["penalty p = reduce_mean(W)", "penalty p = mean(W)"],
    )
    .renamed("mean"),
    call(&["absolute", "fabs"], "it is called `abs(x)`", ["h = absolute(x)", "h = abs(x)"]).renamed("abs"),
    call(&["sqr", "squared"], "it is called `square(x)`", ["h = sqr(x)", "h = square(x)"]).renamed("square"),
    call(
        &["L1", "l1_norm", "lasso", "l1_penalty", "l1_regularizer"],
        "the sum of the absolute values is `l1(W)`",
        ["penalty p = L1(W)", "penalty p = l1(W)"],
    )
    .renamed("l1"),
    call(
        &["L2", "l2_norm", "ridge", "l2_penalty", "l2_regularizer", "l2_loss"],
        "its root is `norm(W)`, and the sum of the squares itself `l2(W)`",
        ["penalty p = L2(W)", "penalty p = l2(W)"],
    )
    .renamed("l2"),
    call(
        &["frobenius", "frobenius_norm", "fro", "frob"],
        "the Euclidean length of all weights together is `norm(W)`",
        ["penalty p = frobenius(W)", "penalty p = norm(W)"],
    )
    .renamed("norm"),
    call(
        &["l21", "L21", "l2_1", "group_lasso", "l12", "l1_l2", "elastic_net"],
        "a norm of groups of weights is not there, as no function sums over a part of a tensor; over all it is \
         `l1(W) + norm(W)`",
        ["penalty p = 1e-3 * l21(W)", "penalty p = 1e-3 * (l1(W) + norm(W))"],
    ),
    call(
        &["l0", "L0", "linf", "l_inf", "Linf", "nuclear_norm", "kl_div", "KL", "kl", "entropy", "kurtosis"],
        "there is no such measure; what penalties look at and with what is in docs/penalties.md",
        ["penalty p = l0(W)", ""],
    ),
    call(
        &["zeros_like", "Zeros", "full"],
        "zeros name their size: `zeros(channels(x), height(x), width(x))`",
        ["h = zeros_like(x)", "h = x + zeros(channels(x), height(x), width(x))"],
    ),
    call(
        &["ones", "ones_like", "full_like"],
        "a constant map is a number added to zeros: `1 + zeros(channels(x), height(x), width(x))`",
        ["h = ones(8, 24, 24)", "h = x * (1 + zeros(channels(x), height(x), width(x)))"],
    ),
    call(
        &["randn", "rand", "randn_like", "rand_like", "noise", "GaussianNoise", "gaussian_noise", "random_normal"],
        "there is no noise in a net but `dropout(x, 0.5)`",
        ["h = randn(x)", "h = dropout(x, 0.5)"],
    ),
    call(
        &["detach", "stop_gradient", "no_grad", "StopGradient"],
        "gradients go through all of a net; weights that keep their values are `conv(x, 8, kernel: 3, frozen: true)`",
        ["h = detach(x)", "h = conv(x, 8, kernel: 3, frozen: true)"],
    ),
    call(
        &["size", "len", "shape", "dim", "numel"],
        "sizes are asked for by `channels(x)`, `height(x)` and `width(x)`",
        ["h = conv(x, 8, kernel: 3) * size(x)", "h = conv(x, 8, kernel: 3) * width(x)"],
    ),
    surplus(
        &["min"],
        "`min` is the smallest entry, in penalties; the smaller of two values is `x - relu(x - 6)`",
        ["h = min(x, 6)", "h = x - relu(x - 6)"],
    ),
    surplus(
        &["max"],
        "`max` is the largest entry, in penalties; the larger of two values is `y + relu(x - y)`, and `max(x, 0)` is \
         `relu(x)`",
        ["h = max(x, 0)", "h = relu(x)"],
    ),
    surplus(
        &["mean", "sum", "var"],
        "it takes all entries together, in penalties; the mean of each map is `global_avg_pool(x)`",
        ["logits = dense(mean(x, 2), classes)", "logits = dense(global_avg_pool(x), classes)"],
    ),
    surplus(
        &["l1", "l2", "norm"],
        "it takes one bundle, map or group; of several, add them: `l1(W_E) + l1(W_I)`",
        ["penalty p = l1(W_E, W_I)", "penalty p = l1(W_E) + l1(W_I)"],
    ),
];
