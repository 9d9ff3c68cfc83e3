//! The `lcnnc` program.

mod cli;

// It keeps what is freed. The system's gives large tensors back at every step and takes them anew, page by page.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::main()
}
