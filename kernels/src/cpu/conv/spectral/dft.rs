//! Discrete Fourier transforms of a few points, unrolled: what longer transforms are made of.
//!
//! Each point is a vector of lanes, one independent transform a lane. The sign is that of the forward transform,
//! `X[f] = sum over t of x[t] * exp(-2 pi i f t / n)`.

use crate::cpu::vectors::neg;
use pulp::Simd;

/// A complex number in every lane.
#[derive(Clone, Copy)]
pub struct Complex<S: Simd> {
    pub re: S::f32s,
    pub im: S::f32s,
}

impl<S: Simd> Complex<S> {
    /// Adds another number.
    #[inline(always)]
    pub fn add(self, s: S, other: Self) -> Self {
        Self { re: s.add_f32s(self.re, other.re), im: s.add_f32s(self.im, other.im) }
    }

    /// Subtracts another number.
    #[inline(always)]
    pub fn sub(self, s: S, other: Self) -> Self {
        Self { re: s.sub_f32s(self.re, other.re), im: s.sub_f32s(self.im, other.im) }
    }

    /// Multiplies by a complex constant.
    #[inline(always)]
    pub fn turn(self, s: S, [re, im]: [f32; 2]) -> Self {
        let (wr, wi) = (s.splat_f32s(re), s.splat_f32s(im));
        Self {
            re: s.negate_mul_add_f32s(self.im, wi, s.mul_f32s(self.re, wr)),
            im: s.mul_add_f32s(self.im, wr, s.mul_f32s(self.re, wi)),
        }
    }

    /// Adds another number times a real constant.
    #[inline(always)]
    fn plus(self, s: S, factor: f32, other: Self) -> Self {
        let factor = s.splat_f32s(factor);
        Self { re: s.mul_add_f32s(other.re, factor, self.re), im: s.mul_add_f32s(other.im, factor, self.im) }
    }

    /// Multiplies by a real constant.
    #[inline(always)]
    fn times(self, s: S, factor: f32) -> Self {
        let factor = s.splat_f32s(factor);
        Self { re: s.mul_f32s(self.re, factor), im: s.mul_f32s(self.im, factor) }
    }

    /// Computes `self + i * other` and `self - i * other`.
    #[inline(always)]
    fn both_quarter_turns(self, s: S, other: Self) -> [Self; 2] {
        [
            Self { re: s.sub_f32s(self.re, other.im), im: s.add_f32s(self.im, other.re) },
            Self { re: s.add_f32s(self.re, other.im), im: s.sub_f32s(self.im, other.re) },
        ]
    }
}

/// A transform of `R` points. A trait and not a function, since calls through `Fn` are not sure to be inlined.
pub trait Dft<const R: usize> {
    /// Transforms `R` points.
    fn dft<S: Simd>(s: S, x: [Complex<S>; R]) -> [Complex<S>; R];
}

/// The transform of 2 points.
pub struct Dft2;

impl Dft<2> for Dft2 {
    #[inline(always)]
    fn dft<S: Simd>(s: S, [a, b]: [Complex<S>; 2]) -> [Complex<S>; 2] {
        [a.add(s, b), a.sub(s, b)]
    }
}

/// The transform of 3 points.
pub struct Dft3;

impl Dft<3> for Dft3 {
    #[inline(always)]
    fn dft<S: Simd>(s: S, [a, b, c]: [Complex<S>; 3]) -> [Complex<S>; 3] {
        const SIN: f32 = 0.866_025_4;
        let (sum, difference) = (b.add(s, c), b.sub(s, c).times(s, SIN));
        let [down, up] = a.plus(s, -0.5, sum).both_quarter_turns(s, difference);
        [a.add(s, sum), up, down]
    }
}

/// The transform of 4 points.
pub struct Dft4;

impl Dft<4> for Dft4 {
    #[inline(always)]
    fn dft<S: Simd>(s: S, [a, b, c, d]: [Complex<S>; 4]) -> [Complex<S>; 4] {
        let [even, odd] = Dft2::dft(s, [a, c]);
        let [sum, difference] = Dft2::dft(s, [b, d]);
        let [down, up] = odd.both_quarter_turns(s, difference);
        [even.add(s, sum), up, even.sub(s, sum), down]
    }
}

/// The transform of 5 points.
pub struct Dft5;

impl Dft<5> for Dft5 {
    #[inline(always)]
    fn dft<S: Simd>(s: S, [a, b, c, d, e]: [Complex<S>; 5]) -> [Complex<S>; 5] {
        const COS: [f32; 2] = [0.309_017, -0.809_017];
        const SIN: [f32; 2] = [0.951_056_5, 0.587_785_25];
        let (be, cd) = (b.add(s, e), c.add(s, d));
        let (b_e, c_d) = (b.sub(s, e), c.sub(s, d));
        let one = a.plus(s, COS[0], be).plus(s, COS[1], cd);
        let two = a.plus(s, COS[1], be).plus(s, COS[0], cd);
        let [down1, up1] = one.both_quarter_turns(s, b_e.times(s, SIN[0]).plus(s, SIN[1], c_d));
        let [down2, up2] = two.both_quarter_turns(s, b_e.times(s, SIN[1]).plus(s, -SIN[0], c_d));
        [a.add(s, be).add(s, cd), up1, up2, down2, down1]
    }
}

/// The transform of 6 points, by the prime factors 2 and 3, which need no turns between them.
pub struct Dft6;

impl Dft<6> for Dft6 {
    #[inline(always)]
    fn dft<S: Simd>(s: S, [a, b, c, d, e, f]: [Complex<S>; 6]) -> [Complex<S>; 6] {
        let [e0, e1, e2] = Dft3::dft(s, [a, c, e]);
        let [o0, o1, o2] = Dft3::dft(s, [d, f, b]);
        let ([r0, r3], [r4, r1], [r2, r5]) = (Dft2::dft(s, [e0, o0]), Dft2::dft(s, [e1, o1]), Dft2::dft(s, [e2, o2]));
        [r0, r1, r2, r3, r4, r5]
    }
}

/// The transform of 8 points.
pub struct Dft8;

impl Dft<8> for Dft8 {
    #[inline(always)]
    fn dft<S: Simd>(s: S, [a, b, c, d, e, f, g, h]: [Complex<S>; 8]) -> [Complex<S>; 8] {
        const HALF: f32 = std::f32::consts::FRAC_1_SQRT_2;
        let [e0, e1, e2, e3] = Dft4::dft(s, [a, c, e, g]);
        let [o0, o1, o2, o3] = Dft4::dft(s, [b, d, f, h]);
        // Turns by an eighth and by three: sums and differences, scaled.
        let o1 = Complex { re: s.add_f32s(o1.re, o1.im), im: s.sub_f32s(o1.im, o1.re) }.times(s, HALF);
        let o3 = Complex { re: s.sub_f32s(o3.im, o3.re), im: neg(s, s.add_f32s(o3.re, o3.im)) }.times(s, HALF);
        let [r6, r2] = e2.both_quarter_turns(s, o2);
        let ([r0, r4], [r1, r5], [r3, r7]) = (Dft2::dft(s, [e0, o0]), Dft2::dft(s, [e1, o1]), Dft2::dft(s, [e3, o3]));
        [r0, r1, r2, r3, r4, r5, r6, r7]
    }
}

/// The transform of 9 points.
pub struct Dft9;

impl Dft<9> for Dft9 {
    #[inline(always)]
    fn dft<S: Simd>(s: S, x: [Complex<S>; 9]) -> [Complex<S>; 9] {
        const TURN1: [f32; 2] = [0.766_044_44, -0.642_787_6];
        const TURN2: [f32; 2] = [0.173_648_18, -0.984_807_8];
        const TURN4: [f32; 2] = [-0.939_692_6, -0.342_020_14];
        let [a, b, c, d, e, f, g, h, i] = x;
        let ([a0, a1, a2], [b0, b1, b2], [c0, c1, c2]) =
            (Dft3::dft(s, [a, d, g]), Dft3::dft(s, [b, e, h]), Dft3::dft(s, [c, f, i]));
        let [r0, r3, r6] = Dft3::dft(s, [a0, b0, c0]);
        let [r1, r4, r7] = Dft3::dft(s, [a1, b1.turn(s, TURN1), c1.turn(s, TURN2)]);
        let [r2, r5, r8] = Dft3::dft(s, [a2, b2.turn(s, TURN2), c2.turn(s, TURN4)]);
        [r0, r1, r2, r3, r4, r5, r6, r7, r8]
    }
}
