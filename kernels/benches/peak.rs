//! The most multiply-adds a second that one core does: what direct arithmetic could reach at best. Items are
//! floating-point operations, two a multiply-add: `cargo bench --bench peak`.

use pulp::{Arch, Simd, WithSimd};
use std::hint::black_box;

const ROUNDS: usize = 1 << 20;
/// Sums that do not wait for each other: enough for the latency of any processor.
const SUMS: usize = 16;

fn main() {
    divan::main();
}

struct Peak;

impl WithSimd for Peak {
    type Output = (f32, usize);

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) -> (f32, usize) {
        let (a, b) = (s.splat_f32s(black_box(1e-3)), s.splat_f32s(black_box(0.999)));
        let mut sums = [a; SUMS];
        for _ in 0..ROUNDS {
            for sum in &mut sums {
                *sum = s.mul_add_f32s(*sum, b, a);
            }
        }
        let total = sums.iter().map(|sum| s.reduce_sum_f32s(*sum)).sum();
        (total, 2 * ROUNDS * SUMS * S::F32_LANES)
    }
}

#[divan::bench(sample_count = 20, sample_size = 1)]
fn one_core(bencher: divan::Bencher<'_, '_>) {
    let (_, operations) = Arch::new().dispatch(Peak);
    bencher.counter(divan::counter::ItemsCount::new(operations)).bench_local(|| Arch::new().dispatch(Peak));
}
