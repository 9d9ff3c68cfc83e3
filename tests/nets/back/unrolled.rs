//! Nets with their loops written out against the same nets run step by step: the same bits, in double precision.

use crate::back::models::{self, SPECS};
use crate::back::nets::{looped, swapping};
use crate::back::{CLASSES, Mode, compiled, device, gradients, images, model};
use burn::tensor::Tensor;
use lcnnc_lang::ir::{Net, unrolled};

/// The bits of all that a net gives: scores, penalties, gradients, running statistics after a step of training.
#[derive(Debug, PartialEq)]
struct Outcome {
    scores: Vec<Vec<u64>>,
    penalties: Vec<Vec<u64>>,
    gradients: Vec<(String, Vec<u64>)>,
    weights: Vec<Vec<u64>>,
}

fn bits(numbers: impl IntoIterator<Item = f64>) -> Vec<u64> {
    numbers.into_iter().map(f64::to_bits).collect()
}

fn bits_of<const D: usize>(tensor: &Tensor<D>) -> Vec<u64> {
    bits(tensor.to_data().iter::<f64>())
}

fn outcome(net: &Net, mode: Mode) -> Outcome {
    let model = model(net, 7);
    let images = images(net, &device());
    let gradients = gradients(&model, mode).into_iter().map(|weight| (weight.name, bits(weight.values))).collect();
    let (forward, after) = match mode {
        Mode::Evaluation => (model.forward(images), model),
        Mode::Training => {
            let (forward, statistics) = model.forward_training(images, 3);
            (forward, model.absorb(statistics))
        }
    };
    let weights = after.weights().unwrap().into_iter().map(|weight| bits(weight.values)).collect();
    let (scores, penalties) =
        (forward.steps.iter().map(bits_of).collect(), forward.penalties.iter().map(bits_of).collect());
    Outcome { scores, penalties, gradients, weights }
}

fn the_same(name: &str, net: &Net) {
    let flat = unrolled(net).unwrap();
    assert!(net.loops().next().is_some() && flat.loops().next().is_none(), "{name}");
    for mode in [Mode::Evaluation, Mode::Training] {
        let (found, expected) = (outcome(&flat, mode), outcome(net, mode));
        assert!(!expected.gradients.is_empty());
        assert!(found == expected, "{name}, {mode:?}\n{net}\n{flat}");
    }
}

#[test]
fn every_spec_gives_the_same_bits_without_loops() {
    for (name, set) in SPECS {
        let net = models::compiled(name, set, CLASSES).net.unwrap();
        if net.loops().next().is_some() {
            the_same(name, &net);
        }
    }
}

#[test]
fn small_nets_give_the_same_bits_without_loops() {
    the_same("looped", &looped(3));
    the_same("swapping", &swapping(3));
    let of_each_step = "model S\ninput image: [2, 6, 6]\nweights L: conv(2 -> 2, kernel: 3, per_step: true)\nloop V1(steps: 3) {\n    \
                        state O = image\n    state P = O_0\n    h = dropout(tanh(L * O), rate: 0.3)\n    \
                        O' = batch_norm(h + P, per_step: true)\n    P' = gain(O, per_step: true)\n}\nO_0 = relu(image)\n\
                        logits = dense(O + h@2, classes)\noutput logits\npenalty p = mean(square(O@all)) + 0.1 * l1(L)\n";
    the_same("parameters of each step", &compiled(of_each_step));
    let nested = "model S\ninput image: [2, 6, 6]\nblock inner(x, L) {\n    loop t(steps: 2) {\n        state S = x\n        \
                  h = gain(dropout(tanh(L * S), rate: 0.2), per_step: true)\n        S' = S + h\n    }\n    yield S + h@1 * S@1\n}\n\
                  weights L: conv(2 -> 2, kernel: 3)\nloop outer(steps: 3) {\n    state O = image\n    \
                  O' = gain(inner(O, L), per_step: true)\n    logits = dense(O', classes)\n}\noutput logits@all\n";
    the_same("loops within loops", &compiled(nested));
}
