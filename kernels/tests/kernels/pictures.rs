//! Operations on whole pictures as they lie, against what they are defined by in double precision.

use crate::support::{Dice, compare, defined, distance, double, numbers, planes};
use lcnnc_kernels::graph::{Bank, Direction, Member};
use lcnnc_kernels::pictures::{BatchNorm, ByOutput, Conv, NormGradients};

/// A convolution of a random form; its channels fall into several pieces, the last of them smaller.
fn random(dice: &mut Dice) -> Conv {
    let (kernel, stride) = (1 + dice.roll(7), 1 + dice.roll(3));
    let pad = dice.roll(kernel);
    let from = [dice.roll(12), dice.roll(12)].map(|size| (size + kernel).saturating_sub(pad).max(1));
    let channels = [1, 2, 3, 33, 70];
    let (inputs, outputs) = (channels[dice.roll(5)], channels[dice.roll(5)]);
    Conv { inputs, outputs, kernel, stride, pad, from }
}

fn bank(layer: &Conv) -> Bank {
    let &Conv { inputs, outputs, kernel, stride, pad, from } = layer;
    let members = vec![Member { slot: 0, outputs }];
    Bank { inputs, kernel, stride, pad, groups: 1, direction: Direction::Gather, from, members }
}

#[test]
fn a_convolution_is_the_sum_it_is_defined_by() {
    for seed in 0..60 {
        let mut dice = Dice::new(seed);
        let (layer, images) = (random(&mut dice), 1 + dice.roll(5));
        let mut of = |channels, [height, width]: [usize; 2], salt| -> Vec<f32> {
            (0..images).flat_map(|n| planes(&mut dice, [channels, height, width], salt + n)).collect()
        };
        let (x, dy) = (of(layer.inputs, layer.from, 0), of(layer.outputs, layer.to(), 50));
        let (w, by_output) = (numbers(bank(&layer).weights(), 99), ByOutput::new(&layer, &dy));
        let (mut wanted_y, mut wanted_dx, mut wanted_dw) = (Vec::new(), Vec::new(), vec![0.0; w.len()]);
        for (x, dy) in x.chunks(x.len() / images).zip(dy.chunks(dy.len() / images)) {
            let sums = defined(&bank(&layer), &double(x), &w, &double(dy));
            wanted_y.extend(sums.y);
            wanted_dx.extend(sums.dx);
            wanted_dw.iter_mut().zip(sums.dw).for_each(|(sum, dw)| *sum += dw);
        }
        compare(&layer.forward(&x, &w), &wanted_y, &format!("results of {layer:?}"));
        compare(&layer.to_input(&by_output, &w), &wanted_dx, &format!("gradient of the input of {layer:?}"));
        compare(&layer.to_weights(&x, &by_output), &wanted_dw, &format!("gradient of the weights of {layer:?}"));
    }
}

#[test]
fn a_batch_normalisation_agrees_with_double_precision() {
    const EPSILON: f64 = 1e-5;
    for seed in 0..12 {
        let mut dice = Dice::new(seed);
        let (images, channels, plane) = (2 + dice.roll(5), 1 + dice.roll(5), 1 + dice.roll(2000));
        // A mean far from 0 takes no digits away beyond those that the numbers themselves do not have.
        let far = [0.0, 30.0, -3e4][dice.roll(3)];
        let x: Vec<f32> = numbers(images * channels * plane, 3).iter().map(|x| x + far).collect();
        let (scale, shift, dy) = (numbers(channels, 4), numbers(channels, 5), numbers(x.len(), 6));
        let norm = BatchNorm::of(&x, channels, plane, EPSILON);
        let (y, NormGradients { x: dx, scale: of_scale, shift: of_shift }) =
            (norm.forward(&x, &scale, &shift), norm.backward(&x, &scale, &dy));
        let (mut wanted_y, mut wanted_dx) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        let (mut wanted_scale, mut wanted_shift) = (Vec::new(), Vec::new());
        let (x, dy) = (double(&x), double(&dy));
        for channel in 0..channels {
            let own: Vec<usize> = (0..x.len()).filter(|n| n / plane % channels == channel).collect();
            let count = own.len() as f64;
            let mean = own.iter().map(|n| x[*n]).sum::<f64>() / count;
            let variance = own.iter().map(|n| (x[*n] - mean).powi(2)).sum::<f64>() / count;
            let [found_mean, found_variance] = norm.moments[channel];
            assert!((found_mean - mean).abs() < 1e-6 * (1.0 + mean.abs()), "{found_mean} {mean}");
            assert!((found_variance - variance).abs() < 1e-5 * variance.max(1e-12), "{found_variance} {variance}");
            let deviation = (variance + EPSILON).sqrt();
            let normal = |n: usize| (x[n] - mean) / deviation;
            let products: f64 = own.iter().map(|n| dy[*n] * normal(*n)).sum();
            let sum: f64 = own.iter().map(|n| dy[*n]).sum();
            let scale = f64::from(scale[channel]);
            for n in own {
                wanted_y[n] = scale * normal(n) + f64::from(shift[channel]);
                wanted_dx[n] = scale / deviation * (dy[n] - (sum + normal(n) * products) / count);
            }
            wanted_scale.push(products);
            wanted_shift.push(sum);
        }
        let close = |found: &[f32], wanted: &[f64], what: &str| {
            let distance = distance(found, wanted);
            assert!(distance < 2e-5, "{what} of {images} x {channels} x {plane} about {far}: {distance:.1e}");
        };
        close(&y, &wanted_y, "results");
        close(&dx, &wanted_dx, "gradients of the input");
        close(&of_scale, &wanted_scale, "gradients of the scale");
        close(&of_shift, &wanted_shift, "gradients of the shift");
    }
}

#[test]
fn the_bits_do_not_depend_on_the_number_of_threads() {
    let layer = Conv { inputs: 70, outputs: 33, kernel: 3, stride: 2, pad: 1, from: [13, 11] };
    let [height, width] = layer.to();
    let (x, w) = (numbers(5 * 70 * 13 * 11, 1), numbers(33 * 70 * 9, 2));
    let dy = numbers(5 * 33 * height * width, 3);
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let by_output = ByOutput::new(&layer, &dy);
            let norm = BatchNorm::of(&x, 70, 13 * 11, 1e-5);
            let gradients = [layer.to_input(&by_output, &w), layer.to_weights(&x, &by_output)];
            [layer.forward(&x, &w), gradients.concat(), norm.backward(&x, &w[..70], &x).x]
        })
    };
    let alone = run(1);
    for threads in [2, 3, 16] {
        assert!(run(threads) == alone, "{threads} threads");
    }
}
