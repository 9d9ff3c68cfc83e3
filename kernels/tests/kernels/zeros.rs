//! A sum of zeros alone is exactly zero, by every method of doing a convolution, forward and backward: where a sum in
//! double precision over the same pixels gives zero, so do the kernels, and elsewhere they give the sum.

use crate::support::{Dice, Sums, compare, defined, double, numbers, planes};
use lcnnc_kernels::graph::{Bank, Graph, Id, Kernel, Map, Member};
use lcnnc_kernels::{Batch, Engine, Method, Outcome, Parameter, Vectors, method};

/// A rectified convolution, and a loop of an excitatory and an inhibitory one.
struct Lateral {
    afferent: Bank,
    lateral: Bank,
    steps: usize,
    params: Vec<Parameter>,
}

impl Lateral {
    fn random(dice: &mut Dice) -> Self {
        // Many maps now and then: 3 x 3 kernels are done by another method there.
        let most = [4, 8, 20][dice.roll(3)];
        let (channels, maps) = (1 + dice.roll(3), 1 + dice.roll(most));
        let (k1, k2) = (1 + dice.roll(9), [1, 3, 3, 5, 7, 9][dice.roll(6)]);
        let from = [k1 + 3 + dice.roll(12), k1 + 3 + dice.roll(12)];
        let afferent = Bank::plain(channels, k1, dice.roll(k1), from, vec![Member { slot: 0, outputs: maps }]);
        let members = [1, 2].map(|slot| Member { slot, outputs: maps }).to_vec();
        let lateral = Bank::plain(maps, k2, k2 / 2, afferent.to(), members);
        let lens = [channels * maps * k1 * k1, maps * maps * k2 * k2, maps * maps * k2 * k2];
        let params = lens.map(|len| Parameter { len, trained: true }).to_vec();
        Self { afferent, lateral, steps: 1 + dice.roll(3), params }
    }

    fn image(&self) -> [usize; 3] {
        [self.afferent.inputs, self.afferent.from[0], self.afferent.from[1]]
    }

    fn state(&self) -> [usize; 3] {
        [self.lateral.inputs, self.lateral.from[0], self.lateral.from[1]]
    }

    /// Hands out what the afferent convolution makes; of each step what the two others make; the last state.
    fn engine(&self, vectors: Vectors) -> Engine {
        let mut graph = Graph::default();
        let image = graph.node(Kernel::Input(0), &[], self.image());
        let drive = graph.conv(image, self.afferent.clone())[0];
        let a = graph.map(Map::Relu, &[drive]);
        let (mut outputs, mut state): (Vec<Id>, Id) = (vec![drive], a);
        for _ in 0..self.steps {
            let arms = graph.conv(state, self.lateral.clone());
            let net = graph.map(Map::Sub, &[arms[0], arms[1]]);
            let sum = graph.map(Map::Add, &[a, net]);
            state = graph.map(Map::Relu, &[sum]);
            outputs.extend(arms);
        }
        outputs.push(state);
        Engine::new(graph, outputs, &self.params, vectors)
    }

    /// Compares one image: what is handed out, and the gradient of its pixels, from that of the last state. What a
    /// rectifier lets through is decided by the kernels' own numbers, so that no rounding near zero can matter.
    fn compare(&self, image: &[f32], weights: &[f32], outputs: &[f32], output_gradient: &[f32], gradient: &[f32]) {
        let size: usize = self.state().iter().product();
        let [own, rest] = [0, 1].map(|n| self.params[n].len);
        let (w_a, w_l) = (&weights[..own], &weights[own..own + 2 * rest]);
        let zeros = vec![0.0; size];
        let drive = defined(&self.afferent, &double(image), w_a, &zeros).y;
        compare(&outputs[..size], &drive, "drive");
        let open = |y: f64, sign: f32| if sign > 0.0 { y } else { 0.0 };
        let a: Vec<f64> = drive.iter().zip(outputs).map(|(y, sign)| open(*y, *sign)).collect();
        let (mut state, mut signs) = (a.clone(), Vec::new());
        for arms in outputs[size..].chunks_exact(2 * size).take(self.steps) {
            let defined = defined(&self.lateral, &state, w_l, &[&*zeros, &*zeros].concat()).y;
            compare(arms, &defined, "arms");
            let sign = |n: usize| outputs[n].max(0.0) + (arms[n] - arms[size + n]);
            signs.push((0..size).map(sign).collect::<Vec<f32>>());
            let sum = |n: usize| open(a[n] + defined[n] - defined[size + n], signs[signs.len() - 1][n]);
            state = (0..size).map(sum).collect();
        }
        compare(&outputs[outputs.len() - size..], &state, "state");
        let (mut backward, mut of_a) = (double(output_gradient), zeros.clone());
        for signs in signs.iter().rev() {
            let through: Vec<f64> = backward.iter().zip(signs).map(|(y, sign)| open(*y, *sign)).collect();
            of_a.iter_mut().zip(&through).for_each(|(sum, y)| *sum += y);
            let dy: Vec<f64> = through.iter().copied().chain(through.iter().map(|y| -y)).collect();
            backward = defined(&self.lateral, &zeros, w_l, &dy).dx;
        }
        of_a.iter_mut().zip(backward).for_each(|(sum, y)| *sum += y);
        let dy: Vec<f64> = of_a.iter().zip(outputs).map(|(y, sign)| open(*y, *sign)).collect();
        let black = vec![0.0; image.len()];
        compare(gradient, &defined(&self.afferent, &black, w_a, &dy).dx, "gradient of the pixels");
    }
}

fn check(seeds: std::ops::Range<u64>, vectors: Vectors) {
    let mut methods = Vec::new();
    for seed in seeds {
        let mut dice = Dice::new(seed);
        let net = Lateral::random(&mut dice);
        methods.extend([&net.afferent, &net.lateral].map(method));
        let engine = net.engine(vectors);
        let [inputs, outputs] = engine.widths();
        let (images, size) = ([1, 3, 17][dice.roll(3)], net.state().iter().product::<usize>());
        let weights: Vec<f32> = net.params.iter().enumerate().flat_map(|(n, p)| numbers(p.len, n)).collect();
        let pixels: Vec<f32> = (0..images).flat_map(|n| planes(&mut dice, net.image(), n)).collect();
        let mut gradient_of = |n: usize| [vec![0.0; outputs - size], planes(&mut dice, net.state(), 50 + n)].concat();
        let output_gradients: Vec<f32> = (0..images).flat_map(&mut gradient_of).collect();
        let found = engine.forward(Batch::new(images, &pixels, &engine.apart(&weights))).outputs;
        let Outcome { input_gradients: gradients, .. } =
            engine.backward(Batch::new(images, &pixels, &engine.apart(&weights)), &output_gradients, true);
        println!("seed {seed}: {:?} {:?}, {} steps, {images} images", net.afferent, net.lateral, net.steps);
        for n in 0..images {
            let [image, gradient] = [&pixels, &gradients].map(|all| &all[n * inputs..][..inputs]);
            let [found, output_gradient] = [&found, &output_gradients].map(|all| &all[n * outputs..][..outputs]);
            net.compare(image, &weights, found, &output_gradient[outputs - size..], gradient);
        }
    }
    let spectral = methods.iter().any(|method| matches!(method, Method::Spectral(_)));
    assert!(spectral && methods.contains(&Method::Winograd) && methods.contains(&Method::Direct), "{methods:?}");
}

#[test]
fn what_sees_zeros_alone_is_exactly_zero() {
    check(0..60, Vectors::Widest);
}

#[test]
fn with_other_vectors_too() {
    check(100..124, Vectors::Narrower);
    check(200..224, Vectors::Scalar);
}

/// One convolution of a few images.
struct One {
    bank: Bank,
    engine: Engine,
}

impl One {
    fn new(inputs: usize, outputs: usize, kernel: usize, from: [usize; 2], by: impl Fn(Method) -> bool) -> Self {
        let bank = Bank::plain(inputs, kernel, kernel / 2, from, vec![Member { slot: 0, outputs }]);
        assert!(by(method(&bank)), "{bank:?}");
        let mut graph = Graph::default();
        let x = graph.node(Kernel::Input(0), &[], [inputs, from[0], from[1]]);
        let y = graph.conv(x, bank.clone());
        let params = [Parameter { len: outputs * inputs * kernel * kernel, trained: true }];
        Self { bank, engine: Engine::new(graph, y, &params, Vectors::default()) }
    }
}

#[test]
fn kernels_that_only_zeros_bear_on_have_gradients_of_zero() {
    let spectral = |method| matches!(method, Method::Spectral(_));
    let winograd = |method| method == Method::Winograd;
    // The outer taps of large kernels on small maps see the padding alone.
    let cases = [
        One::new(3, 5, 7, [20, 20], spectral),
        One::new(8, 8, 7, [20, 21], spectral),
        One::new(32, 32, 9, [3, 4], spectral),
        One::new(16, 18, 3, [13, 12], winograd),
    ];
    for One { bank, engine } in cases {
        let [inputs, outputs] = engine.widths();
        let (mut x, mut dy) = (numbers(18 * inputs, 1), numbers(18 * outputs, 2));
        let plane = |all: usize, channels: usize, n: usize| n % all / (all / channels);
        x.iter_mut().enumerate().filter(|(n, _)| plane(inputs, bank.inputs, *n) == 1).for_each(|(_, x)| *x = 0.0);
        dy.iter_mut().enumerate().filter(|(n, _)| plane(outputs, bank.outputs(), *n) == 2).for_each(|(_, x)| *x = 0.0);
        let w = numbers(bank.inputs * bank.outputs() * bank.kernel * bank.kernel, 3);
        let Outcome { gradients: dw, .. } = engine.backward(Batch::new(18, &x, &engine.apart(&w)), &dy, false);
        let mut sums = vec![0.0; w.len()];
        for (x, dy) in x.chunks(inputs).zip(dy.chunks(outputs)) {
            let Sums { dw, .. } = defined(&bank, &double(x), &w, &double(dy));
            sums.iter_mut().zip(dw).for_each(|(sum, dw)| *sum += dw);
        }
        assert!(sums.contains(&0.0));
        compare(&dw.concat(), &sums, &format!("{bank:?}"));
    }
}

#[test]
fn a_weight_that_is_no_number_hides_in_no_zero() {
    let One { bank, engine } = One::new(3, 5, 7, [20, 20], |method| matches!(method, Method::Spectral(_)));
    let [inputs, outputs] = engine.widths();
    let mut w = numbers(bank.inputs * bank.outputs() * 49, 3);
    w[24] = f32::NAN;
    let y = engine.forward(Batch::new(1, &vec![0.0; inputs], &engine.apart(&w))).outputs;
    let (first, others) = y.split_at(outputs / bank.outputs());
    assert!(first.iter().all(|y| y.is_nan()), "a product of zero and what is no number is no number");
    assert!(others.iter().all(|y| *y == 0.0));
}
