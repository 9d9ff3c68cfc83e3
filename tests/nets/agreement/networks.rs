//! The networks of Park, Zhang & Choe (2025), small: values, gradients and ten steps of training.

use crate::agreement::reference::Reference;
use crate::agreement::{TRAINED, assert_near, net_of, numbers};
use burn::tensor::Device;
use lcnnc::back::burn::Precision;
use lcnnc::train::optimizer;
use lcnnc::train::phases::Phases;
use lcnnc_lang::ir::Net;
use lcnnc_lang::vocabulary::{ArgValue, Bound};

const F_CNN: &str = "
model FCnn
input image: [1, 12, 12]
weights W_A: conv(1 -> 3, kernel: 7, bias: false)
weights W_L: conv(3 -> 3, kernel: 7, bias: false)
A = relu(W_A * image)
O = relu(W_L * A)
logits = dense(max_pool(O, 2), classes)
output logits
penalty sparsity = 1e-3 * l1(weights)
";

const LC_CNN: &str = "
model LcCnn
const steps = 3
const sum_inside = false
input image: [1, 12, 12]
weights W_A: conv(1 -> 3, kernel: 7, bias: false)
weights W_L: conv(3 -> 3, kernel: 7, bias: false)
A = relu(W_A * image)
loop V1(steps: steps) {
    state O = A
    O' = relu(if sum_inside then W_L * (A + O) else A + W_L * O)
}
logits = dense(max_pool(O, 2), classes)
output logits
penalty sparsity = 1e-3 * l1(weights)
";

const LCEI: &str = "
model LceiCnn
input image: [1, 12, 12]
weights W_A: conv(1 -> 2, kernel: 7, bias: false)
weights W_E: conv(2 -> 2, kernel: 7, bias: false)
weights W_I: conv(2 -> 2, kernel: 7, bias: false)
A = relu(W_A * image)
branch O = sum {
    exc E = tanh(W_E * A)
    inh N = tanh(W_I * A)
}
logits = dense(max_pool(O, 2), classes)
output logits
penalty sparsity = 1e-3 * l1(weights)
";

const LCEI_LC: &str = "
model LceiLc
input image: [1, 12, 12]
weights W_A: conv(1 -> 2, kernel: 7, bias: false)
weights W_E: conv(2 -> 2, kernel: 7, bias: false)
weights W_I: conv(2 -> 2, kernel: 7, bias: false)
A = relu(W_A * image)
loop V1(steps: 3) {
    state O = A
    branch drive = sum {
        exc E = tanh(W_E * O)
        inh N = tanh(W_I * O)
    }
    O' = relu(A + drive)
}
logits = dense(max_pool(O, 2), classes)
output logits
penalty separation = 0.1 * sat_abs(W_E, W_I)
penalty sparsity = 1e-3 * l1(weights)
";

fn separated(by: &str) -> String {
    format!("{LCEI}penalty separation = 0.1 * {by}(W_E, W_I)\n")
}

/// A network for each file of references.
fn cases() -> Vec<(&'static str, Net)> {
    vec![
        ("f_cnn", net_of(F_CNN, &[], 10)),
        ("lc_cnn_1", net_of(LC_CNN, &[("steps", "1")], 10)),
        ("lc_cnn_3", net_of(LC_CNN, &[], 10)),
        ("lc_cnn_5", net_of(LC_CNN, &[("steps", "5")], 10)),
        ("lc_cnn_inside_1", net_of(LC_CNN, &[("steps", "1"), ("sum_inside", "true")], 10)),
        ("lc_cnn_inside_3", net_of(LC_CNN, &[("sum_inside", "true")], 10)),
        ("lcei_none", net_of(LCEI, &[], 10)),
        ("lcei_abs", net_of(&separated("abs_gap"), &[], 10)),
        ("lcei_sat_abs", net_of(&separated("sat_abs"), &[], 10)),
        ("lcei_exp_sat", net_of(&separated("exp_sat"), &[], 10)),
        ("lcei_sat_exp", net_of(&separated("sat_exp"), &[], 10)),
        ("lcei_lc", net_of(LCEI_LC, &[], 10)),
    ]
}

/// Every net that is compared here.
pub fn nets() -> impl Iterator<Item = Net> {
    cases().into_iter().map(|(_, net)| net)
}

#[test]
fn values_and_gradients_agree() {
    for (case, net) in cases() {
        let file = Reference::open(case);
        let model = file.model(&net, Precision::Double, |name| format!("param.{name}"));
        let forward = model.forward(file.tensor("image", Precision::Double));
        file.near("logits", &numbers(&forward.logits()));
        let cross_entropy = forward.cross_entropy(file.labels());
        file.near("cross_entropy", &numbers(&cross_entropy));
        let total = forward.total(cross_entropy);
        file.near("loss", &numbers(&total));
        file.gradients_near(&model, &model.backward(total));
    }
}

fn call(name: &'static str, values: &[(&'static str, f64)]) -> Bound {
    Bound { callee: name, values: values.iter().map(|(name, x)| (*name, ArgValue::Real(*x))).collect() }
}

#[test]
fn ten_steps_of_training_agree() {
    let rules = [
        call("sgd", &[("lr", 1e-2), ("momentum", 0.9)]),
        call("adam", &[("lr", 1e-3)]),
        call("adamw", &[("lr", 1e-3), ("weight_decay", 1e-2)]),
    ];
    for (case, net) in cases() {
        let file = Reference::open(case);
        for rule in &rules {
            let what = format!("{} on {case}", rule.callee);
            let mut model = file.model(&net, Precision::Single, |name| format!("param.{name}"));
            let mut optimizer = optimizer::build(rule, &Device::flex());
            let mut losses = Vec::new();
            for _ in 0..10 {
                let (forward, statistics) = model.forward_training(file.tensor("image", Precision::Single), 0);
                let total = forward.total(forward.cross_entropy(file.labels()));
                losses.extend(numbers(&total));
                let gradients = model.backward(total);
                model = optimizer.step(model, gradients, &mut Phases::default()).unwrap().absorb(statistics);
            }
            let expected = file.get(&format!("{}.losses", rule.callee)).1;
            assert_near(&format!("losses of {what}"), &losses, &expected, TRAINED);
            for weight in model.weights().unwrap() {
                if let Some((_, expected)) = file.find(&format!("{}.param.{}", rule.callee, weight.name)) {
                    assert_near(&format!("{} of {what}", weight.name), &weight.values, &expected, TRAINED);
                }
            }
        }
    }
}
