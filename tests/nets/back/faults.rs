//! What a user is told of a device that fails.

use lcnnc::back::burn::DeviceError;

#[test]
fn a_failure_is_told_without_the_source_of_a_kernel() {
    let told = "An error happened during execution\nCaused by:\n  A launch error happened\nCaused by:\n  \
                [Compilation Error] \n    nvrtc: error: failed to open libnvrtc-builtins.so.12.9.\n[Source]  \n\
                typedef unsigned int uint32_t;\n\nBacktrace:\nNo backtrace available";
    let told = DeviceError::failed(told).to_string();
    assert_eq!(
        told,
        "the device failed: [Compilation Error] nvrtc: error: failed to open libnvrtc-builtins.so.12.9.; look at the \
         CUDA toolkit's installation, or choose `--device cpu`"
    );
    let told = DeviceError::failed(
        "Twice\nCaused by:\n  An error\nCaused by:\n  out of device\n memory\nBacktrace:\n  0: main",
    )
    .to_string();
    assert!(told.starts_with("the device has too little memory: out of device memory; a smaller `--batch`"), "{told}");
    let told = DeviceError::failed("an illegal memory access was encountered").to_string();
    assert!(told.starts_with("the device failed: an illegal memory access was encountered; look at"), "{told}");
}
