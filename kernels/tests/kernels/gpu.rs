//! Fused parts on a graphics processor against the same on the CPU, over random shapes. They run on whatever Vulkan
//! driver there is, a software one included (Debian: `mesa-vulkan-drivers`); without any, every test says so and
//! passes.

use crate::support::{Dice, distance, double, numbers};
use cubecl::CubeElement;
use cubecl::client::Client;
use lcnnc_kernels::graph::{Bank, Graph, Id, Kernel, Map, Member, Window};
use lcnnc_kernels::{Answers, Batch, Engine, Outcome, Parameter, Vectors};

/// A client of the first device, if there is one.
pub fn client() -> Option<Client> {
    let device = cubecl::Device::wgpu(Default::default()).ok();
    let client = device.and_then(|device| std::panic::catch_unwind(|| device.client()).ok());
    if client.is_none() {
        eprintln!("SKIPPED: no Vulkan driver. Debian's package mesa-vulkan-drivers is one that needs no GPU.");
    }
    client
}

#[derive(Default)]
struct Builder {
    graph: Graph,
    params: Vec<Parameter>,
}

impl Builder {
    fn param(&mut self, len: usize) -> usize {
        self.params.push(Parameter { len, trained: true });
        self.params.len() - 1
    }

    /// Appends a convolution of `x` by these parameters.
    fn conv(&mut self, x: Id, kernel: usize, pad: usize, members: &[Member]) -> Vec<Id> {
        let [inputs, height, width] = self.graph.dims(x);
        let bank = Bank::plain(inputs, kernel, pad, [height, width], members.to_vec());
        self.graph.conv(x, bank)
    }

    fn kernel(&mut self, inputs: usize, outputs: usize, kernel: usize) -> Member {
        Member { slot: self.param(inputs * outputs * kernel * kernel), outputs }
    }
}

/// How large a random part of a net may be.
struct Most {
    /// The kernel sizes of the afferent and of the lateral convolutions, in pixels.
    kernels: [usize; 2],
    maps: usize,
    steps: usize,
}

/// A random part of a net: a loop with lateral branches between an afferent convolution and a dense layer. With it come the
/// number of its weights and its description.
fn lateral(seed: u64, most: &Most) -> (Engine, usize, String) {
    let mut dice = Dice::new(seed);
    let smooth = [Map::Tanh, Map::Sigmoid, Map::Softplus, Map::Abs, Map::Square];
    let (channels, height, width) = (1 + dice.roll(3), 12 + dice.roll(9), 12 + dice.roll(9));
    let [k1, k2] = most.kernels.map(|most| 1 + 2 * dice.roll(most.div_ceil(2)));
    let (maps, steps) = (1 + dice.roll(most.maps), 1 + dice.roll(most.steps));
    let mut b = Builder::default();
    let image = b.graph.node(Kernel::Input(0), &[], [channels, height, width]);
    let pad = if dice.roll(2) == 0 { k1 / 2 } else { 0 };
    let afferent = b.kernel(channels, maps, k1);
    let drive = b.conv(image, k1, pad, &[afferent])[0];
    let bias = b.param(maps);
    let drive = b.graph.map(Map::AddChannel(bias), &[drive]);
    let drive = b.graph.map(smooth[dice.roll(3)], &[drive]);
    let (exc, inh) = (b.kernel(maps, maps, k2), b.kernel(maps, maps, k2));
    let gain = b.param(maps);
    let f = smooth[dice.roll(3)];
    let mut state = drive;
    for _ in 0..steps {
        let arms = b.conv(state, k2, k2 / 2, &[exc, inh]);
        let e = b.graph.map(f, &[arms[0]]);
        let i = b.graph.map(Map::Tanh, &[arms[1]]);
        let i = b.graph.map(Map::MulChannel(gain), &[i]);
        let net = b.graph.map([Map::Sub, Map::Add, Map::Mul][dice.roll(3)], &[e, i]);
        let net = b.graph.map(Map::MulNumber(0.5), &[net]);
        let sum = b.graph.map(Map::Add, &[drive, net]);
        state = b.graph.map(Map::Tanh, &[sum]);
    }
    let window = Window {
        largest: dice.roll(2) == 0,
        kernel: [2 + dice.roll(2), 2 + dice.roll(2)],
        stride: 1 + dice.roll(3),
        pad: [dice.roll(2), 0],
    };
    let [c, h, w] = b.graph.dims(state);
    let size = |axis: usize, size: usize| (size + 2 * window.pad[axis] - window.kernel[axis]) / window.stride + 1;
    let pooled = b.graph.node(Kernel::Pool(window), &[state], [c, size(0, h), size(1, w)]);
    let [c, h, w] = b.graph.dims(pooled);
    let pooled =
        if dice.roll(2) == 0 { b.graph.node(Kernel::Concat, &[pooled, pooled], [2 * c, h, w]) } else { pooled };
    let len = b.graph.dims(pooled).iter().product();
    let flat = b.graph.node(Kernel::View, &[pooled], [len, 1, 1]);
    let classes = 3 + dice.roll(8);
    let weight = b.param(classes * len);
    let scores = b.graph.node(Kernel::Dense(weight), &[flat], [classes, 1, 1]);
    let text = format!(
        "seed {seed}: {channels} x {height} x {width}, {maps} maps, kernels {k1} {k2}, {steps} steps, {window:?}"
    );
    let Builder { graph, params } = b;
    let count = params.iter().map(|param| param.len).sum();
    (Engine::new(graph, vec![scores], &params, Vectors::default()), count, text)
}

/// The largest difference over the largest number; what is found must be finite.
pub fn apart(found: &[f32], expected: &[f32]) -> f64 {
    assert!(found.iter().all(|x| x.is_finite()));
    distance(found, &double(expected))
}

pub fn read(client: &Client, handle: cubecl::server::Handle, len: usize) -> Vec<f32> {
    let bytes = client.read_one(handle).unwrap();
    f32::from_bytes(&bytes)[..len].to_vec()
}

#[test]
fn random_parts_agree_with_the_cpu() {
    agree(1..2, &Most { kernels: [3, 3], maps: 3, steps: 2 });
}

/// Parts as large as those of the papers' models: a software driver compiles them for minutes.
#[test]
#[ignore = "takes minutes on a software driver"]
fn large_random_parts_agree_with_the_cpu() {
    agree(0..5, &Most { kernels: [9, 7], maps: 9, steps: 4 });
}

fn agree(seeds: std::ops::Range<u64>, most: &Most) {
    let Some(client) = client() else { return };
    for seed in seeds {
        let (engine, count, text) = lateral(seed, most);
        let images = [1, 3, 20][seed as usize % 3];
        let [inputs, outputs] = engine.widths();
        let (x, w) = (numbers(images * inputs, 1), numbers(count, 2));
        let w: Vec<f32> = w.iter().map(|w| w * 0.3).collect();
        let labels: Vec<usize> = (0..images).map(|n| n % 3).collect();
        let output_gradients = numbers(images * outputs, 3);
        let up = |numbers: &[f32]| client.create_from_slice(f32::as_bytes(numbers));

        let scores = read(&client, engine.forward_on(&client, images, up(&x), up(&w)), images * outputs);
        let forward = apart(&scores, &engine.forward(Batch::new(images, &x, &engine.apart(&w))).outputs);

        let answers = Answers { labels: &labels, smoothing: 0.25 };
        let Outcome { outputs: scores, nats, gradients, .. } =
            engine.forward_backward(Batch::new(images, &x, &engine.apart(&w)), answers);
        let [on_scores, on_loss, on_gradients] = engine.forward_backward_on(&client, images, up(&x), up(&w), answers);
        let both = apart(&read(&client, on_scores, images * outputs), &scores)
            .max(apart(&read(&client, on_loss, 1), &[nats as f32]));
        let on_gradients = read(&client, on_gradients, count);
        let gradient = apart(&on_gradients, &engine.row(gradients));

        let [_, _, again] = engine.forward_backward_on(&client, images, up(&x), up(&w), answers);
        assert!(read(&client, again, count) == on_gradients, "{text}: other bits the second time");

        let Outcome { input_gradients: dx, gradients: dw, .. } =
            engine.backward(Batch::new(images, &x, &engine.apart(&w)), &output_gradients, true);
        let [on_dx, on_dw] = engine.backward_on(&client, images, [up(&x), up(&w), up(&output_gradients)], true);
        let backward = apart(&read(&client, on_dx, images * inputs), &dx)
            .max(apart(&read(&client, on_dw, count), &engine.row(dw)));
        println!("{text}: {forward:.1e} {both:.1e} {gradient:.1e} {backward:.1e}");
        for error in [forward, both, gradient, backward] {
            assert!(error < 1e-5, "{text}: {forward:.1e} {both:.1e} {gradient:.1e} {backward:.1e}");
        }
    }
}

/// The backward pass of such a part sums gradients and convolves nothing.
#[test]
fn a_convolution_alone_has_a_gradient() {
    let Some(client) = client() else { return };
    let mut b = Builder::default();
    let image = b.graph.node(Kernel::Input(0), &[], [2, 10, 9]);
    let kernel = b.kernel(2, 5, 3);
    let maps = b.conv(image, 3, 1, &[kernel])[0];
    let engine = Engine::new(b.graph, vec![maps], &b.params, Vectors::default());
    let (x, w, output_gradients) = (numbers(3 * 180, 1), numbers(90, 2), numbers(3 * 450, 3));
    let up = |numbers: &[f32]| client.create_from_slice(f32::as_bytes(numbers));
    let [_, dw] = engine.backward_on(&client, 3, [up(&x), up(&w), up(&output_gradients)], false);
    let Outcome { gradients: expected, .. } =
        engine.backward(Batch::new(3, &x, &engine.apart(&w)), &output_gradients, false);
    let error = apart(&read(&client, dw, 90), &engine.row(expected));
    assert!(error < 1e-5, "{error:.1e}");
}

/// Halfway between two numbers of bfloat16, a little more and a little less; far from zero and close to it.
#[test]
fn bfloat16_is_rounded_to_the_same_bits() {
    let Some(client) = client() else { return };
    let mut b = Builder::default();
    let image = b.graph.node(Kernel::Input(0), &[], [1, 16, 16]);
    let rounded = b.graph.map(Map::Bf16, &[image]);
    let engine = Engine::new(b.graph, vec![rounded], &b.params, Vectors::default());
    let bits = (0..256u32).map(|n| (n << 24 | n.reverse_bits() >> 9 | 0x7fff) + n % 3);
    let x: Vec<f32> = bits.map(f32::from_bits).map(|x| if x.is_normal() { x } else { 0.0 }).collect();
    let up = |numbers: &[f32]| client.create_from_slice(f32::as_bytes(numbers));
    let found = read(&client, engine.forward_on(&client, 1, up(&x), up(&[0.0])), x.len());
    let expected = engine.forward(Batch::new(1, &x, &[])).outputs;
    assert!(expected.iter().all(|x| x.to_bits() & 0xffff == 0) && expected != x);
    assert!(found.iter().zip(&expected).all(|(a, b)| a.to_bits() == b.to_bits()));
}

/// Gradients that are infinite or no number, at places where a result is zero, negative or no number.
#[test]
fn what_is_not_finite_has_the_gradient_of_the_cpu() {
    let Some(client) = client() else { return };
    let none = f32::NAN;
    let x = [0.0, -0.0, 2.0, -2.0, none, 0.5, none, 3.0, f32::INFINITY, 1.0, -1.0, 0.0, none, -4.0, 4.0, none];
    let output_gradients =
        [f32::INFINITY, none, f32::INFINITY, none, 1.0, -f32::INFINITY, none, 2.0, 1.0, 0.0, -2.0, 3.0];
    let output_gradients: Vec<f32> = output_gradients.into_iter().cycle().take(16).collect();
    let largest = Window { largest: true, kernel: [2, 2], stride: 2, pad: [0, 0] };
    let kernels = [("abs", Kernel::Map(Map::Abs)), ("relu", Kernel::Map(Map::Relu)), ("pool", Kernel::Pool(largest))];
    for (name, kernel) in kernels {
        let mut b = Builder::default();
        let image = b.graph.node(Kernel::Input(0), &[], [1, 4, 4]);
        let size = if name == "pool" { 2 } else { 4 };
        let y = b.graph.node(kernel, &[image], [1, size, size]);
        let engine = Engine::new(b.graph, vec![y], &b.params, Vectors::default());
        let output_gradients = &output_gradients[..size * size];
        let up = |numbers: &[f32]| client.create_from_slice(f32::as_bytes(numbers));
        let expected = [
            engine.forward(Batch::new(1, &x, &[])).outputs,
            engine.backward(Batch::new(1, &x, &[]), output_gradients, true).input_gradients,
        ];
        let forward = engine.forward_on(&client, 1, up(&x), up(&[0.0]));
        let [backward, _] = engine.backward_on(&client, 1, [up(&x), up(&[0.0]), up(output_gradients)], true);
        let found = [read(&client, forward, size * size), read(&client, backward, 16)];
        for (found, expected) in found.iter().zip(&expected) {
            let same = |(a, b): (&f32, &f32)| a == b || a.is_nan() && b.is_nan();
            assert!(expected.iter().any(|x| x.is_nan()), "{name}");
            assert!(found.iter().zip(expected).all(same), "{name}: {found:?}, not {expected:?}");
        }
    }
}
