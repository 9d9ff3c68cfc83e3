//! Where a net runs.

use super::Precision;
use burn::tensor::Device;
use std::fmt;
use std::str::FromStr;

/// What the user asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The first CUDA device if there is one that works, otherwise the CPU.
    #[default]
    Auto,
    Cpu,
    /// The CUDA device of that index, from 0.
    Cuda(usize),
    /// The most powerful GPU that Vulkan, Metal or DirectX names.
    Wgpu,
}

/// A device that is there.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Without autodiff: `opened.device.clone().autodiff()` for training.
    pub device: Device,
    /// For people: `cpu (Flex)`.
    pub name: String,
}

impl Opened {
    /// Is the device the CPU, so that its memory is that of this process?
    pub fn on_cpu(&self) -> bool {
        self.name.starts_with("cpu")
    }

    /// Checks that the device has numbers of the widths that a precision asks for.
    ///
    /// # Errors
    /// If it has not.
    pub fn has(&self, precision: Precision) -> Result<(), DeviceError> {
        match self.device.supports_dtype(precision.factor()) {
            true => Ok(()),
            false => Err(DeviceError::Width { device: self.name.clone(), precision }),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    #[error("{device} has no numbers for {precision:?} precision; leave `precision` in `train` at `single`")]
    Width { device: String, precision: Precision },
    #[error("unknown device `{0}`: choose `auto`, `cpu`, `cuda`, `cuda:1` (the second CUDA device) or `wgpu`")]
    Unknown(String),
    #[error(
        "this lcnnc was built without CUDA: build it with `cargo build --release --features cuda`, or choose the \
         device `cpu`"
    )]
    NotBuilt,
    #[error(
        "this lcnnc was built without wgpu: build it with `cargo build --release --features wgpu`, or choose the device \
         `cpu`"
    )]
    NoWgpu,
    #[error(
        "no GPU: neither Vulkan nor Metal nor DirectX names one here; install a driver, or choose the device `cpu`"
    )]
    NoGpu,
    /// In the middle of its work.
    #[error("the device failed: {reason}; {advice}")]
    Failed { reason: String, advice: &'static str },
    #[error(
        "the device has too little memory: {0}; a smaller `--batch` needs less of it, and `accumulate` in `train` makes one \
         step of several batches"
    )]
    Memory(String),
    /// No driver, no such device, no compiler for its kernels: what is wrong, and what to do about it.
    #[error("{0}")]
    Cuda(String),
}

impl DeviceError {
    /// From what Burn says: a chain of causes, of which the last one is the first in time, and for a kernel that cannot be
    /// compiled its whole source behind it.
    pub fn failed(told: impl fmt::Display) -> Self {
        let told = told.to_string();
        let behind = ["[Source]", "Backtrace:", "No backtrace", "Asked at:"];
        let chain = behind.into_iter().fold(told.as_str(), |text, end| text.split(end).next().unwrap_or(text));
        let root = chain.rsplit("Caused by:").next().unwrap_or(chain);
        let reason = root.split_whitespace().collect::<Vec<&str>>().join(" ");
        if reason.contains("out of") && reason.contains("memory") {
            return Self::Memory(reason);
        }
        let advice = match reason.contains("Compilation") {
            true => "look at the CUDA toolkit's installation, or choose `--device cpu`",
            false => "look at what the system's log says of it, and for CUDA `nvidia-smi`, or choose `--device cpu`",
        };
        Self::Failed { reason, advice }
    }
}

impl FromStr for DeviceChoice {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        match text {
            "auto" => Ok(DeviceChoice::Auto),
            "cpu" => Ok(DeviceChoice::Cpu),
            "cuda" => Ok(DeviceChoice::Cuda(0)),
            "wgpu" => Ok(DeviceChoice::Wgpu),
            _ => text
                .strip_prefix("cuda:")
                .and_then(|index| index.parse().ok())
                .map(DeviceChoice::Cuda)
                .ok_or_else(|| DeviceError::Unknown(text.to_owned())),
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DeviceChoice::Auto => f.write_str("auto"),
            DeviceChoice::Cpu => f.write_str("cpu"),
            DeviceChoice::Wgpu => f.write_str("wgpu"),
            DeviceChoice::Cuda(index) => write!(f, "cuda:{index}"),
        }
    }
}

impl DeviceChoice {
    /// # Errors
    /// If a GPU is asked for and cannot be had; `auto` and `cpu` always give something.
    pub fn open(self) -> Result<Opened, DeviceError> {
        match self {
            DeviceChoice::Auto => Ok(cuda(0).unwrap_or_else(|_| cpu())),
            DeviceChoice::Cpu => Ok(cpu()),
            DeviceChoice::Cuda(index) => cuda(index),
            DeviceChoice::Wgpu => wgpu(),
        }
    }
}

fn cpu() -> Opened {
    Opened { device: Device::flex(), name: "cpu (Flex)".to_owned() }
}

#[cfg(not(feature = "cuda"))]
fn cuda(_index: usize) -> Result<Opened, DeviceError> {
    Err(DeviceError::NotBuilt)
}

/// Burn opens a device on a thread of its own and panics there if anything is missing, so everything is looked at first.
#[cfg(feature = "cuda")]
fn cuda(index: usize) -> Result<Opened, DeviceError> {
    let gpu = super::cuda::cuda_device(index).map_err(|problem| DeviceError::Cuda(problem.to_string()))?;
    Ok(Opened { device: Device::cuda(index), name: format!("cuda:{index} ({gpu})") })
}

#[cfg(not(feature = "wgpu"))]
fn wgpu() -> Result<Opened, DeviceError> {
    Err(DeviceError::NoWgpu)
}

#[cfg(feature = "wgpu")]
fn wgpu() -> Result<Opened, DeviceError> {
    use burn::tensor::{DeviceKind, DeviceType};

    // Opening one where there is none would panic.
    if Device::enumerate(DeviceType::Wgpu).is_empty() {
        return Err(DeviceError::NoGpu);
    }
    let device = Device::wgpu(DeviceKind::DefaultDevice);
    let gpu = device.identity().map_or_else(|| "unnamed".to_owned(), |identity| identity.name);
    Ok(Opened { device, name: format!("wgpu ({gpu})") })
}
