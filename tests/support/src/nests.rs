//! Nets with loops inside of loops and copies of blocks, in which steps have parameters of their own: where names, modules and numbers of
//! steps of one loop meet those of another.

/// A loop inside a loop, with weights of each step of both, a state that begins as the image, and one that the scores do not need.
pub const NESTED: &str = "\
model Nested
input image: [2, 6, 6]
block inner(x, W) {
    loop t(steps: 2) {
        state T = x
        h = gain(tanh(W * T), per_step: true)
        T' = T + h
    }
    yield T + h@1 * T@1
}
weights W: conv(2 -> 2, kernel: 3)
loop L(steps: 3) {
    state S = image
    state Q = zeros(2, 6, 6)
    S' = batch_norm(inner(S, W), per_step: true)
    Q' = Q + S
}
logits = dense(flatten(S), classes)
output logits
";

/// Copies of a block that holds a loop, one behind the other, below a value that has a norm for each step.
const REPEATED: &str = "\
model Repeated
input image: [2, 6, 6]
block inner(x, W) {
    loop t(steps: 2) {
        state T = x
        h = gain(tanh(W * T), per_step: true)
        T' = T + h
    }
    yield T + h@2 * T@1
}
weights W: conv(2 -> 2, kernel: 3)
before = repeat 2 inner(image, W)
loop L(steps: 3) {
    state S = before
    S' = batch_norm(repeat 2 inner(S, W), per_step: true)
}
logits = dense(flatten(S), classes)
output logits
";

/// Three loops, one inside the other, each with a norm or a gain for each of its steps.
const DEEP: &str = "\
model Deep
input image: [2, 6, 6]
block inner(x) {
    loop t(steps: 2) {
        state T = x
        T' = batch_norm(conv(T, 2, kernel: 3), per_step: true)
    }
    yield tanh(T + T@1)
}
block outer(x) {
    loop t(steps: 3) {
        state O = x
        O' = gain(inner(O) + O, per_step: true)
    }
    yield O + O@2
}
y = repeat 2 outer(image)
loop L(steps: 2) {
    state train = tanh(y)
    train' = batch_norm(outer(train), per_step: true)
}
logits = dense(flatten(train), classes)
output logits
";

/// Layers with a kernel for each step, above copies of blocks with such layers; and a row of all steps of the loop inside.
const LAYERS: &str = "\
model Layers
input image: [2, 6, 6]
block inner(x) {
    loop t(steps: 2) {
        state T = x
        T' = relu(conv(T, 2, kernel: 3, per_step: true))
    }
    yield step_mean(T@all)
}
y = local(repeat 2 inner(image), 2, kernel: 3)
loop L(steps: 3) {
    state S = y
    z = conv(inner(S), 2, kernel: 3, per_step: true, init: normal(sd: 0.1), sign: nonpositive)
    S' = group_norm(inner(-z), groups: 2, per_step: true)
}
logits = dense(flatten(S), classes)
output logits
";

/// Copies of a block without a loop, of which each has a norm for each step of the loop around them.
const WITHIN: &str = "\
model Within
input image: [2, 6, 6]
block normed(x, W) {
    h = relu(batch_norm(W * x, per_step: true))
    yield batch_norm(h + x, per_step: true)
}
weights W: conv(2 -> 2, kernel: 3)
loop L(steps: 3) {
    state S = image
    S' = repeat 2 normed(S, W)
}
logits = dense(flatten(S + S@1), classes)
output logits
";

/// All of them, with a name for each.
pub const NESTS: [(&str, &str); 5] = [
    ("nested", NESTED),
    ("nested_repeated", REPEATED),
    ("nested_deep", DEEP),
    ("nested_layers", LAYERS),
    ("nested_within", WITHIN),
];
