//! How many CPU threads compute.

use crate::train::TrainError;
use rayon::ThreadPoolBuilder;

/// How many threads can be asked for: no machine has more, and each takes memory and a place in the kernel's table.
pub const MOST_THREADS: usize = 1024;

/// Fixes the number of threads for the rest of the process and gives it; all cores where none is asked for. Must come
/// before anything is computed.
///
/// # Errors
/// If another number was fixed before, or the threads cannot be started.
pub fn fix(threads: Option<usize>) -> Result<usize, TrainError> {
    if let Some(threads) = threads.filter(|threads| *threads > MOST_THREADS) {
        return Err(TrainError::Threads { threads, reason: format!("at most {MOST_THREADS} are started") });
    }
    if let Some(threads) = threads {
        let built = ThreadPoolBuilder::new().num_threads(threads).build_global();
        if let Err(error) = built
            && rayon::current_num_threads() != threads
        {
            return Err(TrainError::Threads { threads, reason: error.to_string() });
        }
    }
    Ok(rayon::current_num_threads())
}
