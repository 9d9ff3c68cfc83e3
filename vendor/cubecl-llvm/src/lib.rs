//! A stand-in for `cubecl-llvm`: the names that `cubecl-cuda` 0.11.3 mentions, and no LLVM behind them.
//!
//! `cubecl-cuda` always compiles both of its generators and picks one by its feature `cpp`. With that feature (it
//! comes from `cubecl/cuda-cpp`) it writes CUDA C++ for NVRTC, and nothing here but `PtxVersion::for_driver` is ever
//! called. Without it, opening a device stops with the message of [`WITHOUT_LLVM`]. See README.md.
#![forbid(unsafe_code)]

pub use crate::target::{LlvmTarget, NvptxModule, PlironArtifact, PlironCompiler, PlironOptions};

/// What anyone reads who reaches the LLVM generator all the same.
pub const WITHOUT_LLVM: &str = "this build has no LLVM generator (vendor/cubecl-llvm stands in for it): \
     build with the feature `cuda-cpp` of `cubecl`, which makes CUDA kernels through NVRTC";

pub mod nvptx {
    pub mod ptx_version {
        use core::{convert::Infallible, fmt};

        /// The PTX version that LLVM would write. It has no value: NVRTC chooses for itself.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct PtxVersion(Infallible);

        impl PtxVersion {
            /// Always `None`, whatever the driver.
            pub fn for_driver(_driver: i32) -> Option<Self> {
                None
            }
        }

        impl fmt::Display for PtxVersion {
            fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.0 {}
            }
        }
    }
}

pub mod shared {
    pub mod lowered_features {
        use cubecl_core::ir::DeviceProperties;

        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum GpuTarget {
            Nvptx,
        }

        /// Called while a device is opened, and only if the LLVM generator was chosen: the first place to say so.
        pub fn restrict_features(_: &mut DeviceProperties, _: GpuTarget) {
            panic!("{}", crate::WITHOUT_LLVM);
        }
    }
}

mod target {
    use crate::nvptx::ptx_version::PtxVersion;
    use core::{convert::Infallible, ffi::c_char};
    use cubecl_core::environment::backtrace::BackTrace;
    use cubecl_core::ir::{attributes::BufferIOAttr, nvidia::SmArch};
    use cubecl_core::{CompilationError, prelude::KernelDefinition};

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum LlvmTarget {
        Nvptx,
    }

    #[derive(Clone, Debug)]
    pub struct PlironCompiler {
        pub target: LlvmTarget,
    }

    #[derive(Clone, Debug, Default)]
    pub struct PlironOptions {
        pub arch: Option<Infallible>,
        pub sm_arch: Option<SmArch>,
        pub ptx_version: Option<PtxVersion>,
        pub grid_constants: bool,
    }

    /// A compiled kernel. It has no value: nothing here compiles one.
    #[derive(Debug)]
    pub struct NvptxModule {
        pub ptx: Vec<c_char>,
        pub ir: String,
        pub io: Vec<BufferIOAttr>,
        pub shared_memory_size: usize,
        pub never: Infallible,
    }

    #[derive(Debug)]
    #[non_exhaustive]
    pub enum PlironArtifact {
        NvptxCode(NvptxModule),
    }

    impl PlironCompiler {
        /// Always an error.
        pub fn compile(&mut self, _: KernelDefinition, _: &PlironOptions) -> Result<PlironArtifact, CompilationError> {
            Err(CompilationError::Generic { reason: crate::WITHOUT_LLVM.to_string(), backtrace: BackTrace::capture() })
        }

        /// The language of hand-written kernel text it takes: none.
        pub fn lang_tag(&self) -> &'static str {
            "none"
        }
    }
}
