//! How long `lcnnc check` thinks about a spec: `cargo bench --bench check`.

use lcnnc_lang::{Options, Source, compile};
use std::fmt::Write;

fn main() {
    divan::main();
}

/// A chain of layers, each reading the one before.
fn chain(equations: usize) -> Source {
    let mut text = "model Chain\ninput image: [4, 16, 16]\nx0 = relu(image)\n".to_owned();
    for n in 1..equations {
        let layer = match n % 4 {
            0 => format!("conv(x{}, 4, kernel: 3, bias: false)", n - 1),
            1 => format!("relu(x{} + x{} / 2)", n - 1, n.saturating_sub(3)),
            2 => format!("batch_norm(x{})", n - 1),
            _ => format!("gain(x{})", n - 1),
        };
        // Writing to a `String` does not fail.
        let _ = writeln!(text, "x{n} = {layer}");
    }
    let _ = writeln!(text, "logits = dense(x{}, classes)\noutput logits", equations - 1);
    Source { name: "chain.lcnn".to_owned(), text }
}

#[divan::bench(args = [10, 100, 1_000, 10_000])]
fn equations(bencher: divan::Bencher<'_, '_>, equations: usize) {
    let source = chain(equations);
    bencher.bench(|| compile(&source, &Options::default()));
}

#[divan::bench]
fn lc_cnn(bencher: divan::Bencher<'_, '_>) {
    let text = include_str!("../specs/lc_cnn.lcnn").to_owned();
    let source = Source { name: "lc_cnn.lcnn".to_owned(), text };
    bencher.bench(|| compile(&source, &Options::default()));
}
