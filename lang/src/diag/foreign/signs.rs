//! Signs, comments and names with a point, as other languages write them.

use super::{At, Row};

const fn sign(words: &'static [&'static str], say: &'static str, lines: [&'static str; 2]) -> Row {
    Row::new(At::Sign, words, say, lines)
}

const fn member(words: &'static [&'static str], say: &'static str, lines: [&'static str; 2]) -> Row {
    Row::new(At::Member, words, say, lines)
}

pub const ROWS: &[Row] = &[
    sign(&["**", "^"], "there is no power; a square is `square(x)`", ["h = x ** 2", "h = square(x)"]),
    sign(&["@"], "weights are applied by `*`: `W * x`", ["h = W @ x", "h = W * x"]),
    sign(&["|>"], "a function is called with what it is applied to: `relu(x)`", ["h = x |> relu", "h = relu(x)"]),
    sign(
        &["''", "″", "‴"],
        "a loop looks one step ahead and no further: `O'` is the value of this step, and `O` that of the step before",
        ["loop V1(steps: 3) {\n    state O = x\n    O'' = relu(W * O)\n}\nh = O", ""],
    ),
    sign(&["√"], "a root is a function: `sqrt(x)`", ["h = √x", "h = sqrt(x)"]),
    sign(
        &["∑", "Σ", "∏"],
        "the sum of all entries is a function, in penalties alone; of the steps of a loop it is `step_sum`: `sum(x)`",
        ["penalty p = ∑ x", "penalty p = sum(x)"],
    ),
    sign(
        &["∥", "‖"],
        "a length is a function, in penalties alone: `norm(x)`, and its square is `l2(x)`",
        ["penalty p = ∥x∥", "penalty p = l2(x)"],
    ),
    sign(&["∫", "∂", "∇", "∞", "ᵀ", "⊤"], "no spec has such a sign; write functions and numbers", ["h = ∫ x", ""]),
    sign(&["²"], "a square is a function: `square(x)`", ["h = square(x) + (x)²", "h = square(x)"]),
    sign(&["≤", "⩽"], "write `<=`", ["h = if 3 ≤ 4 then x else y", "h = if 3 <= 4 then x else y"]).replaced("<="),
    sign(&["≥", "⩾"], "write `>=`", ["h = if 3 ≥ 4 then x else y", "h = if 3 >= 4 then x else y"]).replaced(">="),
    sign(&["≠"], "write `!=`", ["h = if 3 ≠ 4 then x else y", "h = if 3 != 4 then x else y"]).replaced("!="),
    sign(&["⊕", "∔"], "maps are added entry by entry: write `+`", ["h = x ⊕ y", "h = x + y"]).replaced("+"),
    sign(&["←", "≔"], "an equation has one sign: `h = relu(x)`", ["h ← relu(x)", "h = relu(x)"]).replaced("="),
    sign(&["|"], "the absolute value is a function: `abs(x - y)`", ["h = |x - y|", "h = abs(x - y)"]),
    sign(
        &["//"],
        "`//` begins a comment; a number is divided by `/`: `16 / 2`",
        ["h = conv(x, 16 // 2, kernel: 3)", "h = conv(x, 16 / 2, kernel: 3)"],
    ),
    sign(&["% 2"], "there is no remainder of a division; a comment begins with `//`", ["h = x % 2", ""]),
    sign(&["#", "%"], "a comment begins with `//`", ["# of V1\nh = relu(x)   # rectified", "// of V1\nh = relu(x)"]),
    sign(
        &["/*"],
        "a comment ends with its line, and begins with `//`",
        ["/* of V1 */\nh = x /* 3 */", "// of V1\nh = x"],
    ),
    sign(
        &[";"],
        "a statement ends with its line: where another follows, it begins a line of its own, and elsewhere the semicolon goes",
        ["h = relu(x);", ""],
    ),
    sign(
        &["'", "\""],
        "names and choices stand without quotes: `padding: same`",
        ["h = conv(x, 8, kernel: 3, padding: 'same')", "h = conv(x, 8, kernel: 3, padding: same)"],
    ),
    sign(
        &["="],
        "an argument is given by `:`, as in `kernel: 3`",
        ["h = conv(x, 8, kernel=3)", "h = conv(x, 8, kernel: 3)"],
    ),
    sign(&[":=", "<-", "=="], "an equation has one sign, as in `h = relu(x)`", ["h := relu(x)", "h = relu(x)"]),
    sign(
        &["+=", "-=", "*=", "/="],
        "a name has one value: in a loop a state takes its next one, as in `h' = h + y`, and elsewhere the new one has a name of \
         its own: `h = x + y`",
        ["x += y", "h = x + y"],
    ),
    sign(
        &["[t+1]", "[t + 1]", "[n+1]", "[i+1]", "[k+1]"],
        "the value of this step is written with a `'`, that of the step before without: `O' = relu(W * O)`",
        [
            "loop V1(steps: 3) {\n    state O = x\n    O[t+1] = relu(W * O)\n}\nh = O",
            "loop V1(steps: 3) {\n    state O = x\n    O' = relu(W * O)\n}\nh = O",
        ],
    ),
    sign(
        &["[t]", "[t-1]", "[n]", "[-1]", "[i]"],
        "in a loop the value of the step before is `O`, that of this step `O'`; behind it the last is `O`, and that of step 2 \
         `O@2`",
        [
            "loop V1(steps: 3) {\n    state O = x\n    O' = relu(W * O[t])\n}\nh = O",
            "loop V1(steps: 3) {\n    state O = x\n    O' = relu(W * O)\n}\nh = O@2",
        ],
    ),
    sign(
        &["(3, 3)"],
        "kernels and their steps are as high as they are wide: `kernel: 3`",
        ["h = conv(x, 8, kernel: (3, 3))", "h = conv(x, 8, kernel: 3)"],
    ),
    sign(
        &["["],
        "a step of a loop is written `O@2`; no part of a map has a name, but a layer chooses among its channels: \
         `conv(x, 4, kernel: 1)`",
        ["h = x[0:4]", "h = conv(x, 4, kernel: 1)"],
    ),
    sign(
        &["&&", "&"],
        "conditions are joined by `and`",
        ["h = if true && false then x else y", "h = if true and false then x else y"],
    )
    .replaced("and"),
    sign(
        &["||"],
        "conditions are joined by `or`",
        ["h = if true || false then x else y", "h = if true or false then x else y"],
    )
    .replaced("or"),
    sign(
        &["!", "~"],
        "the opposite of a condition is `not`",
        ["h = if !true then x else y", "h = if not true then x else y"],
    ),
    sign(
        &["if"],
        "a choice is written in one expression, and made before the run: `if true then x else y`",
        ["if true:\n    h = x\nelse:\n    h = y", "h = if true then x else y"],
    ),
    sign(
        &["?"],
        "a choice is written in words: `if width(x) == 24 then x else y`",
        ["h = width(x) == 24 ? x : y", "h = if width(x) == 24 then x else y"],
    ),
    sign(&[".*", "./", ".^"], "signs work entry by entry as they are: `x * y`", ["h = x .* y", "h = x * y"]),
    sign(&["−", "–", "—"], "write a plain `-`", ["h = x − y", "h = x - y"]).replaced("-"),
    sign(&["×", "·", "∗", "⊗", "⊙", "⋅", "∘"], "write `*`", ["h = x × y", "h = x * y"]).replaced("*"),
    sign(&["÷"], "write `/`", ["h = x ÷ y", "h = x / y"]).replaced("/"),
    sign(
        &["→", "⇒"],
        "write `->`",
        ["weights V: conv(8 → 8, kernel: 3)", "weights V: conv(8 -> 8, kernel: 3)\nh = V * x"],
    )
    .replaced("->"),
    sign(
        &["′", "’", "‘", "`", "´"],
        "for the value of this step write a plain `'`",
        [
            "loop V1(steps: 3) {\n    state O = x\n    O′ = relu(W * O)\n}\nh = O",
            "loop V1(steps: 3) {\n    state O = x\n    O' = relu(W * O)\n}\nh = O",
        ],
    )
    .replaced("'"),
    sign(
        &["“", "”"],
        "names and choices stand without quotes: `padding: same`",
        ["h = conv(x, 8, kernel: 3, padding: “same”)", "h = conv(x, 8, kernel: 3, padding: same)"],
    ),
    sign(
        &["\u{a0}", "\u{2009}", "\u{202f}", "\u{3000}"],
        "this is a special space; write a plain one",
        ["h =\u{a0}x", ""],
    ),
    sign(
        &["-"],
        "names have no hyphens: `sat_abs`",
        ["penalty p = SAT-ABS(W_E, W_I)", "penalty p = sat_abs(W_E, W_I)"],
    ),
    member(
        &["shape", "size", "ndim", "dims"],
        "sizes are asked for by `channels(x)`, `height(x)` and `width(x)`",
        ["h = x / x.shape", "h = x / width(x)"],
    ),
    member(
        &["view", "reshape", "flatten", "permute", "transpose", "T", "t"],
        "shapes follow from the layers; by hand a map becomes a vector by `flatten(x)`",
        ["logits = dense(x.view(8), classes)", "logits = dense(flatten(x), classes)"],
    ),
    member(
        &[
            "train",
            "eval",
            "fit",
            "compile",
            "cuda",
            "to",
            "cpu",
            "backward",
            "zero_grad",
            "summary",
            "forward",
            "apply",
        ],
        "a spec only says what the net is; training, testing and the device are for `lcnnc run SPEC --device cpu`",
        ["model.train()", ""],
    ),
    member(
        &["add", "append", "add_module"],
        "layers stand in equations, and maps are added by a sign: `h = x + y`",
        ["model.add(x)", "h = x + y"],
    ),
    member(
        &["detach", "data", "clone", "contiguous", "item", "numpy", "requires_grad"],
        "gradients go through all of a net; weights that keep their values are `conv(x, 8, kernel: 3, frozen: true)`",
        ["h = x.detach()", "h = conv(x, 8, kernel: 3, frozen: true)"],
    ),
    member(
        &["weight", "weights", "kernel", "bias"],
        "in a penalty a bundle stands for its kernel, as in `l1(W)`",
        ["penalty p = l1(W.weight)", "penalty p = l1(W)"],
    ),
];
