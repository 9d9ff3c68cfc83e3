//! Convolutions by 3 x 3 kernels of many maps, whose way is Winograd's, against the sum they are defined by: results and
//! both gradients, for every padding, every remainder of a tile, and members that fill more than one vector or less.

use lcnnc_kernels::graph::{Bank, Graph, Id, Kernel};
use lcnnc_kernels::{Method, Parameter, Part, Vectors, method};

/// Numbers without pattern between -1 and 1, the same every time.
fn numbers(len: usize, salt: usize) -> Vec<f32> {
    let number = |n: usize| ((n * 7919 + salt * 104_729 + 13) as f64 * 0.618_033_988_749_895).fract() * 2.0 - 1.0;
    (0..len).map(|n| number(n) as f32).collect()
}

/// Results, or gradients, in double precision.
#[derive(Default)]
struct Sums {
    y: Vec<f64>,
    dx: Vec<f64>,
    dw: Vec<f64>,
}

/// One image through kernels `[outputs, inputs, 3, 3]`, and the gradients `dy` of its results back.
fn defined(bank: &Bank, x: &[f32], w: &[f32], dy: &[f32]) -> Sums {
    let ([height, width], [down, across]) = (bank.from, bank.to());
    let mut sums = Sums { y: vec![0.0; dy.len()], dx: vec![0.0; x.len()], dw: vec![0.0; w.len()] };
    for (place, dy) in dy.iter().enumerate() {
        let (o, row, column) = (place / (down * across), place / across % down, place % across);
        for tap in 0..bank.inputs * 9 {
            let (c, i, j) = (tap / 9, row + tap / 3 % 3, column + tap % 3);
            let inside = i >= bank.pad && i < height + bank.pad && j >= bank.pad && j < width + bank.pad;
            if inside {
                let from = (c * height + i - bank.pad) * width + j - bank.pad;
                let kernel = o * bank.inputs * 9 + tap;
                sums.y[place] += f64::from(w[kernel]) * f64::from(x[from]);
                sums.dx[from] += f64::from(w[kernel]) * f64::from(*dy);
                sums.dw[kernel] += f64::from(x[from]) * f64::from(*dy);
            }
        }
    }
    sums
}

/// The largest difference over the largest number.
fn distance(found: &[f32], wanted: &[f64]) -> f64 {
    assert_eq!(found.len(), wanted.len());
    let largest = wanted.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
    found.iter().zip(wanted).fold(0.0, |most: f64, (x, y)| most.max((f64::from(*x) - y).abs())) / largest
}

/// Every member's results one after the other.
fn part(bank: &Bank, vectors: Vectors) -> Part {
    let mut graph = Graph::default();
    let x = graph.node(Kernel::Input(0), &[], [bank.inputs, bank.from[0], bank.from[1]]);
    let values: Vec<Id> = graph.conv(x, bank.clone());
    let params = bank.members.iter().map(|(_, n)| Parameter { len: n * bank.inputs * 9, trained: true });
    Part::new(graph, values, &params.collect::<Vec<_>>(), vectors)
}

fn check(bank: &Bank, images: usize, vectors: Vectors) {
    assert_eq!(method(bank), Method::Winograd, "{bank:?}");
    let [inputs, outputs] = [bank.inputs * bank.from[0] * bank.from[1], bank.outputs() * bank.to()[0] * bank.to()[1]];
    let (x, dy) = (numbers(images * inputs, 1), numbers(images * outputs, 2));
    let w = numbers(bank.inputs * bank.outputs() * 9, 3);
    let part = part(bank, vectors);
    let y = part.forward(images, &x, &w);
    let (dx, dw) = part.back(images, &x, &w, &dy, true);
    let mut sum = vec![0.0; w.len()];
    for image in 0..images {
        let (x, dy) = (&x[image * inputs..][..inputs], &dy[image * outputs..][..outputs]);
        let wanted = defined(bank, x, &w, dy);
        let errors = [
            distance(&y[image * outputs..][..outputs], &wanted.y),
            distance(&dx[image * inputs..][..inputs], &wanted.dx),
        ];
        assert!(errors.iter().all(|error| *error < 5e-6), "image {image} of {bank:?}: {errors:?}");
        sum.iter_mut().zip(wanted.dw).for_each(|(sum, dw)| *sum += dw);
    }
    let error = distance(&dw, &sum);
    assert!(error < 5e-6, "weights of {bank:?}: {error:.1e}");
}

fn bank(inputs: usize, outputs: &[usize], pad: usize, from: [usize; 2]) -> Bank {
    Bank { inputs, kernel: 3, pad, from, members: outputs.iter().copied().enumerate().collect() }
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
