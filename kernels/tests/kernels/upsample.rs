//! Maps that become larger, against the mean that they are defined as: results and gradients.

use crate::support::{Dice, compare, numbers};
use lcnnc_kernels::graph::{Graph, Kernel, Upsampling};
use lcnnc_kernels::{Batch, Engine, Vectors};

/// The shares that a row, or column, of the larger map has of those of the smaller one, of which there are `size`: the
/// centre of row `n` lies at `(n + 1/2) / factor - 1/2`, and beyond the edge rows are as at the edge.
fn shares(upsampling: Upsampling, n: usize, size: usize) -> Vec<f64> {
    let mut shares = vec![0.0; size];
    if upsampling.bilinear {
        let centre = (n as f64 + 0.5) / upsampling.factor as f64 - 0.5;
        let within = |row: f64| row.clamp(0.0, (size - 1) as f64) as usize;
        shares[within(centre.floor())] += 1.0 - (centre - centre.floor());
        shares[within(centre.floor() + 1.0)] += centre - centre.floor();
    } else {
        shares[n / upsampling.factor] = 1.0;
    }
    shares
}

fn check(dice: &mut Dice, vectors: Vectors) {
    let upsampling = Upsampling { factor: 1 + dice.roll(4), bilinear: dice.roll(2) == 0 };
    let [channels, height, width] = [1 + dice.roll(3), 1 + dice.roll(6), 1 + dice.roll(6)];
    let [rows, columns] = [height, width].map(|size| size * upsampling.factor);
    let mut graph = Graph::default();
    let x = graph.node(Kernel::Input(0), &[], [channels, height, width]);
    let y = graph.node(Kernel::Upsample(upsampling), &[x], [channels, rows, columns]);
    let engine = Engine::new(graph, vec![y], &[], vectors);
    let (x, dy) = (numbers(channels * height * width, 1), numbers(channels * rows * columns, 2));
    let (mut y, mut dx) = (vec![0.0; dy.len()], vec![0.0; x.len()]);
    for (n, y) in y.iter_mut().enumerate() {
        let (c, row, column) = (n / (rows * columns), n / columns % rows, n % columns);
        for (i, down) in shares(upsampling, row, height).iter().enumerate() {
            for (j, across) in shares(upsampling, column, width).iter().enumerate() {
                let at = (c * height + i) * width + j;
                *y += down * across * f64::from(x[at]);
                dx[at] += down * across * f64::from(dy[n]);
            }
        }
    }
    let what = format!("{upsampling:?} of {height} x {width}");
    compare(&engine.forward(Batch::new(1, &x, &[])).outputs, &y, &what);
    compare(&engine.backward(Batch::new(1, &x, &[]), &dy, true).input_gradients, &dx, &format!("gradient of {what}"));
}

#[test]
fn every_pixel_is_the_mean_it_is_defined_as() {
    let mut dice = Dice::new(3);
    for vectors in [Vectors::Widest, Vectors::Narrower, Vectors::Scalar] {
        (0..60).for_each(|_| check(&mut dice, vectors));
    }
}
