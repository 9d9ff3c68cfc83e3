//! Statements and values, as programs write them.

use super::{At, Row};

const fn statement(words: &'static [&'static str], say: &'static str, lines: [&'static str; 2]) -> Row {
    Row::new(At::Statement, words, say, lines)
}

const fn name(words: &'static [&'static str], say: &'static str, lines: [&'static str; 2]) -> Row {
    Row::new(At::Name, words, say, lines)
}

const LOOP: &str = "loop V1(steps: 3) {\n    state h = x\n    h' = relu(W * h)\n}";

pub const ROWS: &[Row] = &[
    statement(
        &["import", "from", "include", "require", "using", "use", "package"],
        "every layer and function is there without it: remove the line",
        ["import torch", ""],
    ),
    statement(
        &["def", "function", "func", "fun", "lambda"],
        "several equations are a `block`, and one expression is a function: `fn f(a) = relu(a)`",
        ["def f(a):\n    b = relu(a)\n    return b", "fn f(a) = relu(a)"],
    ),
    statement(
        &["class", "module", "network", "net", "architecture"],
        "a part that is used often is a `block`, and the name of the net is a line of its own, as in `model Net`",
        ["class Net(Module):\n    def forward(a):\n        return a", ""],
    ),
    statement(
        &["for", "while", "foreach", "do", "scan", "unroll"],
        "what is done again and again is a loop with a state: `loop V1(steps: 3) {`, `state h = x`, `h' = relu(W * h)`",
        ["for t in range(3):\n    h = relu(h)", LOOP],
    ),
    statement(
        &["return", "returns", "out", "result"],
        "a block ends with `yield h`, a spec with `output logits`",
        ["return logits", "output logits"],
    ),
    statement(
        &["let", "var", "val", "local", "set", "tensor", "Tensor", "float", "int", "auto"],
        "an equation has no word in front of it: `h = relu(x)`",
        ["let h = relu(x)", "h = relu(x)"],
    ),
    statement(
        &["layer", "node", "op"],
        "a layer is called in an equation: `h = conv(x, 8, kernel: 3)`",
        ["layer h = conv(x, 8, kernel: 3)", "h = conv(x, 8, kernel: 3)"],
    ),
    statement(
        &["param", "parameter", "parameters", "learnable", "weight", "kernel", "bundle"],
        "shared weights are declared as `weights V: conv(8 -> 8, kernel: 3)`",
        ["param V: conv(8 -> 8, kernel: 3)", "weights V: conv(8 -> 8, kernel: 3)\nh = V * x"],
    ),
    statement(
        &["loss", "criterion", "objective", "minimize", "minimise", "regularizer", "regularise", "regularize"],
        "the loss is the cross-entropy of the output and every penalty: `penalty p = 1e-4 * l2(weights)`",
        ["loss p = 1e-4 * l2(weights)", "penalty p = 1e-4 * l2(weights)"],
    ),
    statement(
        &["constant", "define", "hyper", "hyperparameter", "static", "final", "setting"],
        "a constant is declared as `const n = 3`",
        ["constant n = 3", "const n = 3"],
    ),
    statement(
        &["print", "assert", "pass", "plt", "display", "del", "with", "try", "raise", "global", "end"],
        "a spec only says what the net is: remove the line; `lcnnc show SPEC` prints it",
        ["print(x)", ""],
    ),
    name(
        &["True", "TRUE", "yes"],
        "it is written `bias: true`",
        ["h = conv(x, 8, kernel: 3, bias: True)", "h = conv(x, 8, kernel: 3, bias: true)"],
    )
    .replaced("true"),
    name(
        &["False", "FALSE"],
        "it is written `bias: false`",
        ["h = conv(x, 8, kernel: 3, bias: False)", "h = conv(x, 8, kernel: 3, bias: false)"],
    )
    .replaced("false"),
    name(
        &["None", "null", "nil", "NULL", "nullptr", "undefined"],
        "nothing is written for nothing: leave the argument out, as in `conv(x, 8, kernel: 3)`",
        ["h = conv(x, 8, kernel: 3, stride: None)", "h = conv(x, 8, kernel: 3)"],
    ),
    name(
        &["step", "t", "timestep", "time_step", "iteration"],
        "the equations of a loop are the same at every step; behind the loop a single step is `h@2`, and what holds for \
         the first is what the state starts from: `state h = x`",
        [
            "loop V1(steps: 3) {\n    state h = x\n    h' = if step == 1 then x else relu(W * h)\n}",
            "loop V1(steps: 3) {\n    state h = x\n    h' = relu(W * h)\n}",
        ],
    ),
    name(&["pi", "PI", "Pi"], "write the number: `3.14159265`", ["h = pi * x", "h = 3.14159265 * x"]),
    name(
        &["inf", "Inf", "Infinity", "infinity", "nan", "NaN"],
        "numbers are finite: a large one is `1e30`",
        ["h = x / inf", "h = x / 1e30"],
    ),
    name(
        &["labels", "label", "target", "targets", "y_true", "ground_truth"],
        "only the loss sees the labels, and it is always there: `output logits`",
        ["output labels", "output logits"],
    ),
    name(
        &["num_classes", "n_classes", "nclasses", "NUM_CLASSES", "numclasses", "n_class", "num_class"],
        "the data set's number of classes is `classes`",
        ["logits = dense(x, num_classes)", "logits = dense(x, classes)"],
    )
    .renamed("classes"),
    name(
        &["weight", "kernel", "kernels"],
        "in a penalty a bundle stands for its own kernel, and for every kernel of the net there is `l1(weights)`",
        ["penalty p = l1(weight)", "penalty p = l1(weights)"],
    ),
    name(
        &["params", "parameter", "param", "theta", "trainable"],
        "all that is trained, biases and norms included, is in a penalty `l2(parameters)`",
        ["penalty p = l2(params)", "penalty p = l2(parameters)"],
    ),
    name(
        &["batch_size", "batchsize", "batch", "BATCH_SIZE"],
        "the batch is implied, and no equation sees its size; a mean over it is a penalty's: `mean(x)`",
        ["penalty p = sum(x) / batch_size", "penalty p = mean(x)"],
    ),
    name(
        &["self", "torch", "nn", "F", "tf", "np", "jnp", "jax", "keras", "numpy", "layers"],
        "layers and functions stand without the name of a library: `relu(x)`",
        ["h = relu(self)", "h = relu(x)"],
    ),
];
