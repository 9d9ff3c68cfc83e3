//! Convolutions that are done tap by tap, such as those with a stride, with groups and transposed ones, against the sum
//! they are defined by: results and both gradients, which are exactly zero wherever every summand is.

use crate::support::{Dice, compare, defined, double, numbers, planes};
use lcnnc_kernels::graph::{Bank, Direction, Graph, Kernel, Member};
use lcnnc_kernels::{Batch, Engine, Method, Outcome, Parameter, Vectors, method};
use std::collections::BTreeSet;
use std::ops::Range;

/// A convolution of a random form, of two members now and then; planes are as large as a window or larger.
fn random(dice: &mut Dice) -> Bank {
    let (kernel, stride) = (1 + dice.roll(7), 1 + dice.roll(4));
    let (pad, size) = (dice.roll(kernel), [1 + dice.roll(12), 1 + dice.roll(12)]);
    let groups = [1, 1, 2, 3, 5][dice.roll(5)];
    let members = |dice: &mut Dice, groups: usize| {
        let outputs = |dice: &mut Dice| groups * (1 + dice.roll(6));
        (0..1 + dice.roll(2)).map(|slot| Member { slot, outputs: outputs(dice) }).collect()
    };
    if dice.roll(3) == 0 {
        // Of several sizes that have the same windows the transposed convolution makes any.
        let to = size.map(|size| ((size - 1) * stride + kernel + dice.roll(stride)).saturating_sub(2 * pad));
        if !to.contains(&0) {
            let (direction, inputs, members) = (Direction::Spread { to }, 1 + dice.roll(6), members(dice, 1));
            return Bank { inputs, kernel, stride, pad, groups: 1, direction, from: size, members };
        }
    }
    let (from, inputs) = (size.map(|size| (size + kernel).saturating_sub(pad).max(1)), groups * (1 + dice.roll(3)));
    Bank { inputs, kernel, stride, pad, groups, direction: Direction::Gather, from, members: members(dice, groups) }
}

fn check(bank: &Bank, dice: &mut Dice, vectors: Vectors) {
    let mut graph = Graph::default();
    let ([height, width], [down, across]) = (bank.from, bank.to());
    let x = graph.node(Kernel::Input(0), &[], [bank.inputs, height, width]);
    let values = graph.conv(x, bank.clone());
    let len = |member: &Member| member.outputs * bank.inputs / bank.groups * bank.kernel * bank.kernel;
    let params: Vec<Parameter> =
        bank.members.iter().map(|member| Parameter { len: len(member), trained: true }).collect();
    let engine = Engine::new(graph, values, &params, vectors);
    let ([inputs, outputs], images) = (engine.widths(), [1, 3, 17][dice.roll(3)]);
    let mut of = |channels, [height, width]: [usize; 2], salt| -> Vec<f32> {
        (0..images).flat_map(|n| planes(dice, [channels, height, width], salt + n)).collect()
    };
    let (x, dy) = (of(bank.inputs, bank.from, 0), of(bank.outputs(), [down, across], 50));
    let w = numbers(bank.weights(), 99);
    let y = engine.forward(Batch::new(images, &x, &engine.apart(&w))).outputs;
    let Outcome { input_gradients: dx, gradients: dw, .. } =
        engine.backward(Batch::new(images, &x, &engine.apart(&w)), &dy, true);
    let Outcome { gradients: alone, .. } = engine.backward(Batch::new(images, &x, &engine.apart(&w)), &dy, false);
    assert_eq!(dw, alone, "{bank:?}");
    let mut sum = vec![0.0; w.len()];
    for n in 0..images {
        let wanted = defined(bank, &double(&x[n * inputs..][..inputs]), &w, &double(&dy[n * outputs..][..outputs]));
        compare(&y[n * outputs..][..outputs], &wanted.y, &format!("results of {bank:?}"));
        compare(&dx[n * inputs..][..inputs], &wanted.dx, &format!("gradient of the input of {bank:?}"));
        sum.iter_mut().zip(wanted.dw).for_each(|(sum, dw)| *sum += dw);
    }
    compare(&dw.concat(), &sum, &format!("gradient of the kernels of {bank:?}"));
}

fn check_random(seeds: Range<u64>, vectors: Vectors) {
    let mut forms = BTreeSet::new();
    for seed in seeds {
        let mut dice = Dice::new(seed);
        let bank = random(&mut dice);
        if method(&bank) != Method::Direct {
            continue;
        }
        forms.insert((bank.stride, bank.groups > 1, bank.direction != Direction::Gather));
        check(&bank, &mut dice, vectors);
    }
    assert_eq!(forms.len(), 12, "of four strides, with groups, without, and transposed: {forms:?}");
}

#[test]
fn every_form_of_a_convolution_is_the_sum_it_is_defined_by() {
    check_random(0..160, Vectors::Widest);
}

/// More channels than fit into the cache are summed in several turns.
#[test]
fn many_channels_are_summed_in_turns() {
    let mut dice = Dice::new(0);
    let members = |some: &[usize]| some.iter().enumerate().map(|(slot, n)| Member { slot, outputs: *n }).collect();
    let plain = Bank::plain(300, 3, 1, [4, 5], members(&[6, 3]));
    check(&Bank { stride: 2, ..plain.clone() }, &mut dice, Vectors::Widest);
    let spread = Direction::Spread { to: [8, 9] };
    check(&Bank { stride: 2, direction: spread, members: members(&[5, 200]), ..plain }, &mut dice, Vectors::Widest);
}

#[test]
fn with_other_vectors_too() {
    check_random(200..300, Vectors::Narrower);
    check_random(300..400, Vectors::Scalar);
}

#[test]
fn what_no_window_reaches_has_no_gradient() {
    // Windows of one pixel with a stride of three see a ninth of the pixels.
    let bank = Bank { stride: 3, ..Bank::plain(2, 1, 0, [8, 7], vec![Member { slot: 0, outputs: 5 }]) };
    assert_eq!((bank.to(), method(&bank)), ([3, 3], Method::Direct));
    let mut graph = Graph::default();
    let x = graph.node(Kernel::Input(0), &[], [2, 8, 7]);
    let y = graph.conv(x, bank);
    let engine = Engine::new(graph, y, &[Parameter { len: 10, trained: true }], Vectors::default());
    let (x, w) = (numbers(112, 1), numbers(10, 2));
    let dx = engine.backward(Batch::new(1, &x, &engine.apart(&w)), &numbers(45, 3), true).input_gradients;
    for (n, dx) in dx.iter().enumerate() {
        let seen = n / 7 % 8 % 3 == 0 && n % 7 % 3 == 0;
        assert_eq!(*dx != 0.0, seen, "pixel {n}: {dx}");
    }
}
