//! Who works on a job: a file that one process alone can make, also on a network drive.
//!
//! Locks of the operating system do not reach from machine to machine on every network drive; that a file is made only where there is
//! none does. The owner touches the file every now and then. Times are those of the drive alone, since the clocks of machines differ: the
//! age of a lease is its time against that of a file that was just written beside it.

use crate::train::TrainError;
use serde::{Deserialize, Serialize};
use std::env;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

/// The file, in the folder of a job.
pub const LEASE: &str = "lease.json";
/// What the names of files begin with that say who followed a holder who was gone.
const FOLLOWED: &str = "followed-";
/// The time between two touches.
const PULSE: Duration = Duration::from_secs(20);
/// How often the one who touches looks whether it is over.
const PAUSE: Duration = Duration::from_millis(100);
/// How often one looks at a lease that cannot be read.
const LOOK: Duration = Duration::from_secs(1);
/// A lease that was not touched for so long is nobody's.
pub const STALE: Duration = Duration::from_secs(300);
/// Leases that this process has asked for.
static LEASES: AtomicU64 = AtomicU64::new(0);
/// What names a task of an engine: its next try has the same names.
const TASKS: [&[&str]; 4] = [
    &["SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID"],
    &["SLURM_JOB_ID"],
    &["HQ_JOB_ID", "HQ_TASK_ID"],
    &["JOB_NAME", "JOB_COMPLETION_INDEX"],
];

/// Who works on a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The machine.
    pub host: String,
    /// The process there.
    pub pid: u32,
    /// The task of an engine such as SLURM, if one began the process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// What no other lease has.
    #[serde(default)]
    pub mark: String,
}

/// A job that this process works on; given back when this is dropped.
#[derive(Debug)]
pub struct Lease {
    path: PathBuf,
    owner: Owner,
    over: Arc<AtomicBool>,
    pulse: Option<thread::JoinHandle<()>>,
}

/// The name of this machine.
pub fn host() -> String {
    sysinfo::System::host_name().unwrap_or_default()
}

impl Owner {
    fn here() -> Self {
        let task = TASKS.iter().find_map(|names| {
            let values: Option<Vec<String>> = names.iter().map(|name| env::var(name).ok()).collect();
            Some(format!("{} {}", names[0], values?.join("_")))
        });
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let mark = format!("{}-{}", since.as_nanos(), LEASES.fetch_add(1, Ordering::Relaxed));
        Self { host: host(), pid: std::process::id(), task, mark }
    }

    /// Whether the owner can no longer be at work: it is the same task, which is tried once more, or a process of this machine that is
    /// gone.
    fn is_gone(&self, here: &Self) -> bool {
        let is_next_try = self.task.is_some() && self.task == here.task;
        is_next_try || (self.host == here.host && !is_running(self.pid))
    }
}

#[cfg(unix)]
fn is_running(pid: u32) -> bool {
    use nix::errno::Errno;
    use nix::sys::signal::kill;
    let Ok(pid) = i32::try_from(pid) else { return false };
    kill(nix::unistd::Pid::from_raw(pid), None) != Err(Errno::ESRCH)
}

#[cfg(not(unix))]
fn is_running(_: u32) -> bool {
    true
}

impl Lease {
    /// Takes a job, whose folder is made where it is not there.
    ///
    /// # Errors
    /// If someone else works on it, or the folder cannot be written to.
    pub fn take(folder: &Path) -> Result<Self, TrainError> {
        fs::create_dir_all(folder).map_err(TrainError::file(folder, "made"))?;
        let (path, owner) = (folder.join(LEASE), Owner::here());
        match made(&path, &owner) {
            Ok(()) => return Ok(Self::held(path, owner)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(TrainError::file(&path, "written")(error)),
        }
        let busy = || TrainError::Busy { path: folder.to_owned() };
        let (holder, since) = told(folder, &path);
        let is_left = match &holder {
            Some(holder) => holder.is_gone(&owner) || since.is_some_and(|since| since >= STALE),
            None => since.is_some_and(|since| since >= PULSE),
        };
        // The lease may have been given back meanwhile: whoever asks again has it.
        if !is_left || !follows(folder, holder.as_ref()).map_err(TrainError::file(&path, "written"))? {
            return Err(busy());
        }
        // Replaced as a whole: there is no time at which nobody has it.
        let own = folder.join(format!("{LEASE}.{}", owner.mark));
        let replaced = made(&own, &owner).and_then(|()| fs::rename(&own, &path));
        replaced.map_err(TrainError::file(&path, "written"))?;
        Ok(Self::held(path, owner))
    }

    fn held(path: PathBuf, owner: Owner) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let (is_over, touched) = (over.clone(), path.clone());
        let pulse = thread::spawn(move || {
            let mut since = Duration::ZERO;
            while !is_over.load(Ordering::Relaxed) {
                thread::sleep(PAUSE);
                since += PAUSE;
                if since >= PULSE {
                    since = Duration::ZERO;
                    touch(&touched);
                }
            }
        });
        Self { path, owner, over, pulse: Some(pulse) }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(pulse) = self.pulse.take() {
            let _ = pulse.join();
        }
        // One that was taken over meanwhile is another one's.
        if read(&self.path).as_ref() == Some(&self.owner) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Makes the file if it is not there; one that could not be written to its end does not stay.
fn made(path: &Path, owner: &Owner) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    // Texts and numbers can always be written.
    let written = file.write_all(serde_json::to_string(owner).unwrap_or_default().as_bytes());
    let written = written.and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = fs::remove_file(path);
    }
    written
}

/// The holder of a lease and the age of the lease. Where nobody can read who it is, its writer was cut off, or is writing just now:
/// the one is told from the other by waiting until the lease is older than the time between two touches.
fn told(folder: &Path, path: &Path) -> (Option<Owner>, Option<Duration>) {
    let mut waited = Duration::ZERO;
    loop {
        // A file may say that it is of a time to come. What was waited here counts for it as well.
        let (holder, since) = (holder(folder), age(folder, path).map(|age| age.max(waited)));
        if holder.is_some() || since.is_none_or(|since| since >= PULSE) {
            return (holder, since);
        }
        thread::sleep(LOOK);
        waited += LOOK;
    }
}

/// Whether this process is the one that may follow a holder who is gone. Of all that ask, one makes the file that says so, which stays: a
/// process that saw the same holder and asks later finds it. If it is old, whoever made it is gone as well, and the next file is asked for.
fn follows(folder: &Path, holder: Option<&Owner>) -> std::io::Result<bool> {
    let mark = match holder {
        Some(holder) => holder.mark.clone(),
        // The time at which it was written tells one unreadable lease from the next.
        None => {
            let touched = fs::metadata(folder.join(LEASE)).and_then(|file| file.modified()).ok();
            let since = touched.and_then(|touched| touched.duration_since(SystemTime::UNIX_EPOCH).ok());
            format!("unreadable-{}", since.unwrap_or_default().as_nanos())
        }
    };
    for turn in 0.. {
        let path = folder.join(format!("{FOLLOWED}{mark}-{turn}"));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(_) => return Ok(true),
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            Err(_) if age(folder, &path).is_none_or(|age| age < STALE) => return Ok(false),
            Err(_) => {}
        }
    }
    Ok(false)
}

/// Gives the file the time of the drive: writing does so, whatever this machine's clock says.
fn touch(path: &Path) {
    let again = || -> std::io::Result<()> {
        let text = fs::read(path)?;
        let mut file = OpenOptions::new().write(true).open(path)?;
        file.write_all(&text)?;
        file.sync_all()
    };
    // A drive that is away for a moment is asked again with the next touch.
    let _ = again();
}

fn read(path: &Path) -> Option<Owner> {
    serde_json::from_str(&fs::read_to_string(path).ok()?).ok()
}

/// Who works on the job of a folder, whether still or no longer.
pub fn holder(folder: &Path) -> Option<Owner> {
    read(&folder.join(LEASE))
}

/// Gives a job back for a process of this machine that is known to be gone.
pub(super) fn take_back(folder: &Path, pid: u32) {
    if holder(folder).is_some_and(|holder| holder.pid == pid && holder.host == host()) {
        let _ = fs::remove_file(folder.join(LEASE));
    }
}

/// Whether someone works on the job of a folder, as far as can be told.
pub fn is_held(folder: &Path) -> bool {
    holder(folder).is_some_and(|holder| {
        let here = Owner { task: None, ..Owner::here() };
        !holder.is_gone(&here) && age(folder, &folder.join(LEASE)).is_some_and(|age| age < STALE)
    })
}

/// How long ago a file of a folder was written, by the clock of the drive.
fn age(folder: &Path, path: &Path) -> Option<Duration> {
    let touched = fs::metadata(path).and_then(|file| file.modified()).ok()?;
    let now = now(folder).unwrap_or(touched);
    Some(now.duration_since(touched).unwrap_or(Duration::ZERO))
}

/// The time on the drive of a folder.
fn now(folder: &Path) -> Option<SystemTime> {
    let probe = folder.join(format!(".clock-{}-{}", host(), std::process::id()));
    let written = File::create(&probe).and_then(|mut file| {
        file.write_all(b"?")?;
        file.sync_all()?;
        file.metadata()?.modified()
    });
    let _ = fs::remove_file(&probe);
    written.ok()
}
