//! Convolutions by 3 x 3 kernels of many maps, which are done by Winograd's algorithm, against the sum they are defined
//! by: results and both gradients, for every padding, every remainder of a tile, and members that fill more than one
//! vector or less.

use crate::support::{defined, distance, double, numbers};
use lcnnc_kernels::graph::{Bank, Graph, Id, Kernel, Member};
use lcnnc_kernels::{Batch, Engine, Method, Outcome, Parameter, Vectors, method};

/// An engine that hands out every member's results, one after the other.
fn engine(bank: &Bank, vectors: Vectors) -> Engine {
    let mut graph = Graph::default();
    let x = graph.node(Kernel::Input(0), &[], [bank.inputs, bank.from[0], bank.from[1]]);
    let values: Vec<Id> = graph.conv(x, bank.clone());
    let params = bank.members.iter().map(|member| Parameter { len: member.outputs * bank.inputs * 9, trained: true });
    Engine::new(graph, values, &params.collect::<Vec<_>>(), vectors)
}

fn check(bank: &Bank, images: usize, vectors: Vectors) {
    assert_eq!(method(bank), Method::Winograd, "{bank:?}");
    let [inputs, outputs] = [bank.inputs * bank.from[0] * bank.from[1], bank.outputs() * bank.to()[0] * bank.to()[1]];
    let (x, dy) = (numbers(images * inputs, 1), numbers(images * outputs, 2));
    let w = numbers(bank.inputs * bank.outputs() * 9, 3);
    let engine = engine(bank, vectors);
    let y = engine.forward(Batch::new(images, &x, &engine.apart(&w))).outputs;
    let Outcome { input_gradients: dx, gradients: dw, .. } =
        engine.backward(Batch::new(images, &x, &engine.apart(&w)), &dy, true);
    let mut sum = vec![0.0; w.len()];
    for image in 0..images {
        let (x, dy) = (&x[image * inputs..][..inputs], &dy[image * outputs..][..outputs]);
        let wanted = defined(bank, &double(x), &w, &double(dy));
        let errors = [
            distance(&y[image * outputs..][..outputs], &wanted.y),
            distance(&dx[image * inputs..][..inputs], &wanted.dx),
        ];
        assert!(errors.iter().all(|error| *error < 5e-6), "image {image} of {bank:?}: {errors:?}");
        sum.iter_mut().zip(wanted.dw).for_each(|(sum, dw)| *sum += dw);
    }
    let error = distance(&dw.concat(), &sum);
    assert!(error < 5e-6, "weights of {bank:?}: {error:.1e}");
}

fn bank(inputs: usize, outputs: &[usize], pad: usize, from: [usize; 2]) -> Bank {
    let members = outputs.iter().enumerate().map(|(slot, outputs)| Member { slot, outputs: *outputs }).collect();
    Bank::plain(inputs, 3, pad, from, members)
}

#[test]
fn every_padding_and_every_remainder_of_a_tile() {
    for pad in 0..3 {
        for size in 11..15 {
            check(&bank(11, &[19], pad, [size, 25 - size]), 3, Vectors::Widest);
        }
    }
}

#[test]
fn members_that_fill_more_than_one_vector_or_less() {
    for members in [&[5, 17][..], &[16, 16], &[33], &[1, 2, 20]] {
        check(&bank(13, members, 1, [12, 12]), 17, Vectors::Widest);
    }
}

#[test]
fn other_vectors() {
    check(&bank(12, &[18], 1, [12, 14]), 2, Vectors::Narrower);
    check(&bank(12, &[18], 1, [12, 14]), 2, Vectors::Scalar);
}
