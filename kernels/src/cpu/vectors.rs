//! Which of the processor's vectors the kernels are compiled for and run with.

use pulp::{Arch, Simd};

/// Which vectors of the processor the kernels use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Vectors {
    /// The widest that the processor has: AVX-512, AVX2 with fused multiply-adds, NEON, or none.
    #[default]
    Widest,
    /// Uses AVX2 where the processor has AVX-512, and the widest vectors otherwise.
    Narrower,
    /// Computes one number at a time, without vectors.
    Scalar,
}

impl Vectors {
    /// The name of these vectors on this processor: `AVX-512`, `AVX2`, `NEON` or `none`.
    pub fn name(self) -> &'static str {
        match self.arch() {
            #[cfg(target_arch = "x86_64")]
            Arch::V4(_) => "AVX-512",
            #[cfg(target_arch = "x86_64")]
            Arch::V3(_) => "AVX2",
            #[cfg(target_arch = "aarch64")]
            Arch::Neon(_) => "NEON",
            _ => "none",
        }
    }

    /// The instruction set that `pulp` dispatches a kernel by.
    pub(super) fn arch(self) -> Arch {
        match self {
            Vectors::Widest => Arch::new(),
            #[cfg(target_arch = "x86_64")]
            Vectors::Narrower => pulp::x86::V3::try_new().map_or_else(Arch::new, Arch::V3),
            #[cfg(not(target_arch = "x86_64"))]
            Vectors::Narrower => Arch::new(),
            Vectors::Scalar => Arch::Scalar,
        }
    }
}

// pulp's own forms of these three are compiled for any processor and called for every vector, which costs more than the work.

/// Takes the lanes of `yes` where the mask is set, and those of `no` elsewhere.
#[inline(always)]
pub fn select<S: Simd>(s: S, mask: S::m32s, yes: S::f32s, no: S::f32s) -> S::f32s {
    s.transmute_f32s_u32s(s.select_u32s(mask, s.transmute_u32s_f32s(yes), s.transmute_u32s_f32s(no)))
}

/// The number with the other sign, in every lane.
#[inline(always)]
pub fn neg<S: Simd>(s: S, x: S::f32s) -> S::f32s {
    s.mul_f32s(x, s.splat_f32s(-1.0))
}

/// The number without its sign, in every lane.
#[inline(always)]
pub fn abs<S: Simd>(s: S, x: S::f32s) -> S::f32s {
    s.transmute_f32s_u32s(s.and_u32s(s.transmute_u32s_f32s(x), s.splat_u32s(i32::MAX as u32)))
}
