//! Looks at CUDA before Burn does. Burn opens a device on a thread of its own and panics there if anything is missing,
//! so that the caller only sees a lost channel; nothing of that can be turned into an error afterwards.

use cudarc::{driver, nvrtc};
use std::ffi::c_int;
use std::path::PathBuf;

/// A CUDA version, as (major, minor).
type Version = (i32, i32);

/// The oldest driver and NVRTC that the CUDA bindings of this build (`CUDARC_CUDA_VERSION`) work with: timing asks the
/// driver for `cuEventElapsedTime_v2`, and `tanh` becomes `__tanhf`; both came with 12.8.
const OLDEST: Version = (12, 8);

/// The headers that Burn's kernels include.
const HEADERS: [&str; 5] = ["cuda_fp16.h", "cuda_bf16.h", "cooperative_groups.h", "mma.h", "crt/mma.h"];

/// Why CUDA cannot be used, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CudaProblem {
    #[error(
        "there is no NVIDIA driver on this machine (libcuda cannot be loaded): install the driver, or leave out --device cuda"
    )]
    NoDriver,
    #[error(
        "the NVIDIA driver does not start: {reason}. Look at what `nvidia-smi` says; after an update of the driver, restart the machine"
    )]
    Driver { reason: String },
    #[error("the NVIDIA driver shows no GPU: look at what `nvidia-smi` says and at CUDA_VISIBLE_DEVICES")]
    NoGpu,
    #[error("there is no GPU {index}: this machine has {count}, numbered from 0")]
    NoSuchGpu { index: usize, count: usize },
    #[error("the NVIDIA driver is for CUDA {}.{}, too old: install one for CUDA {}.{} or newer", .driver.0, .driver.1, OLDEST.0, OLDEST.1)]
    OldDriver { driver: Version },
    #[error("NVRTC, the CUDA compiler, cannot be loaded (libnvrtc): install the CUDA toolkit {}.{} or newer, and put its lib64 folder into LD_LIBRARY_PATH", OLDEST.0, OLDEST.1)]
    NoNvrtc,
    #[error("NVRTC is of CUDA {}.{}, too old: install the CUDA toolkit {}.{} or newer", .nvrtc.0, .nvrtc.1, OLDEST.0, OLDEST.1)]
    OldNvrtc { nvrtc: Version },
    #[error("NVRTC is of CUDA {}.{}, newer than the driver (CUDA {}.{}), which cannot load what it makes: update the driver, or use a toolkit of CUDA {}.{} or older", .nvrtc.0, .nvrtc.1, .driver.0, .driver.1, .driver.0, .driver.1)]
    NvrtcNewerThanDriver { nvrtc: Version, driver: Version },
    #[error("no CUDA toolkit is found: install one, and set CUDA_PATH to the folder that holds its `include`")]
    NoToolkit,
    #[error("CUDA's header {header} is not in {}: install the toolkit's headers, or set CUDA_PATH to the folder that holds its `include`", .folder.display())]
    NoHeader { header: &'static str, folder: PathBuf },
}

/// How many GPUs CUDA can use here, never 0. It starts the driver but opens no device.
pub fn cuda_devices() -> Result<usize, CudaProblem> {
    // SAFETY: it only tries to load the driver's library, by its own names.
    if !unsafe { driver::sys::is_culib_present() } {
        return Err(CudaProblem::NoDriver);
    }
    let count = match driver::CudaContext::device_count() {
        Ok(count) => usize::try_from(count).unwrap_or(0),
        Err(driver::DriverError(driver::sys::CUresult::CUDA_ERROR_NO_DEVICE)) => 0,
        Err(error) => return Err(CudaProblem::Driver { reason: error.to_string() }),
    };
    if count == 0 {
        return Err(CudaProblem::NoGpu);
    }
    let driver = driver_version()?;
    if driver < OLDEST {
        return Err(CudaProblem::OldDriver { driver });
    }
    let nvrtc = nvrtc_version()?;
    if nvrtc < OLDEST {
        return Err(CudaProblem::OldNvrtc { nvrtc });
    }
    if nvrtc > driver {
        return Err(CudaProblem::NvrtcNewerThanDriver { nvrtc, driver });
    }
    headers()?;
    Ok(count)
}

/// What GPU `index` is called, if it can be used.
pub fn cuda_device(index: usize) -> Result<String, CudaProblem> {
    let count = cuda_devices()?;
    let number =
        c_int::try_from(index).ok().filter(|_| index < count).ok_or(CudaProblem::NoSuchGpu { index, count })?;
    let name = driver::result::device::get(number).and_then(driver::result::device::get_name);
    name.map_err(|error| CudaProblem::Driver { reason: error.to_string() })
}

/// The CUDA version that the driver is for. Only after its library was found.
fn driver_version() -> Result<Version, CudaProblem> {
    let mut version: c_int = 0;
    // SAFETY: the library is there, and `version` outlives the call that writes it.
    let status = unsafe { driver::sys::cuDriverGetVersion(&mut version) };
    status.result().map_err(|error| CudaProblem::Driver { reason: error.to_string() })?;
    Ok((version / 1000, version % 1000 / 10))
}

fn nvrtc_version() -> Result<Version, CudaProblem> {
    let (mut major, mut minor): (c_int, c_int) = (0, 0);
    // SAFETY: the library is looked for first, and both numbers outlive the call that writes them.
    let status = unsafe {
        if !nvrtc::sys::is_culib_present() {
            return Err(CudaProblem::NoNvrtc);
        }
        nvrtc::sys::nvrtcVersion(&mut major, &mut minor)
    };
    status.result().map_err(|_| CudaProblem::NoNvrtc)?;
    Ok((major, minor))
}

/// Looks for the headers in the folder that CubeCL gives NVRTC.
fn headers() -> Result<(), CudaProblem> {
    let folder = toolkit().ok_or(CudaProblem::NoToolkit)?.join("include");
    match HEADERS.into_iter().find(|header| !folder.join(header).is_file()) {
        Some(header) => Err(CudaProblem::NoHeader { header, folder }),
        None => Ok(()),
    }
}

/// Where CubeCL looks for the toolkit: CUDA_PATH, unchecked, or else the usual places.
#[expect(clippy::disallowed_methods, reason = "Burn looks there too, and cannot be asked")]
fn toolkit() -> Option<PathBuf> {
    if let Ok(path) = std::env::var("CUDA_PATH") {
        return Some(path.into());
    }
    if cfg!(windows) {
        return Some("C:/Program Files/NVIDIA GPU Computing Toolkit/CUDA/".into());
    }
    let places = [("/usr/local/cuda", "/usr/local/cuda"), ("/opt/cuda", "/opt/cuda"), ("/usr/bin/nvcc", "/usr")];
    places.into_iter().find(|(sign, _)| std::fs::exists(sign).is_ok_and(|is| is)).map(|(_, path)| path.into())
}
