//! SIGINT and SIGTERM: a run finishes its step, saves and ends.

use std::io;
use std::process::{self, Child, Command, ExitStatus};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The exit code that a shell gives for a process that SIGINT ended.
const AT_ONCE: i32 = 130;

/// How often a process that trains is looked at.
const PAUSE: Duration = Duration::from_millis(50);

/// A signal so soon behind the first one says the same: SLURM tells every process of a job, and the script that began it passes on what it
/// hears.
const ECHO: Duration = Duration::from_secs(1);

static FIRST: OnceLock<Instant> = OnceLock::new();
static ASKED: AtomicBool = AtomicBool::new(false);
static LISTENING: OnceLock<bool> = OnceLock::new();

/// Whether a run was asked to end early.
#[derive(Clone, Copy, Debug)]
pub struct Stop {
    heard: bool,
}

impl Stop {
    /// Listens from now on, for the rest of the process. A second signal, a second after the first one or later, ends it at once.
    pub fn listen() -> Self {
        let heard = *LISTENING.get_or_init(|| {
            let handler = || {
                let first = FIRST.get_or_init(Instant::now);
                if ASKED.swap(true, Ordering::Relaxed) && first.elapsed() >= ECHO {
                    process::exit(AT_ONCE);
                }
            };
            // Where signals cannot be had they end the process, as they do before training; what was saved stays.
            ctrlc::set_handler(handler).is_ok()
        });
        Self { heard }
    }

    /// Asks another process to end as this one was: on Unix by a signal, elsewhere at once.
    ///
    /// # Errors
    /// If it cannot be told.
    pub fn ask(child: &mut Child) -> io::Result<()> {
        #[cfg(unix)]
        {
            use nix::sys::signal::{Signal, kill};
            let id = i32::try_from(child.id()).map_err(io::Error::other)?;
            Ok(kill(nix::unistd::Pid::from_raw(id), Signal::SIGTERM)?)
        }
        #[cfg(not(unix))]
        child.kill()
    }

    /// Waits for a process to end, and asks it to when this one is asked to.
    ///
    /// # Errors
    /// If it cannot be waited for or told.
    pub fn wait(self, child: &mut Child) -> io::Result<ExitStatus> {
        let mut told = false;
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            if self.asked() && !told {
                told = true;
                Self::ask(child)?;
            }
            thread::sleep(PAUSE);
        }
    }

    /// A stop that nobody asks for.
    pub fn never() -> Self {
        Self { heard: false }
    }

    pub fn asked(self) -> bool {
        self.heard && ASKED.load(Ordering::Relaxed)
    }
}

/// Starts a process that Ctrl-C on a terminal does not reach: the one that started it asks it to end, once. A second signal would end it
/// before it has saved.
///
/// # Errors
/// If it cannot be started.
pub fn spawn_apart(command: &mut Command) -> io::Result<Child> {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    command.spawn()
}
