//! A server that follows a script, one answer a request, and notes what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    pub path: String,
    /// The first byte of the range that was asked for, if one was.
    pub from: Option<usize>,
}

/// What is answered: a status line, headers, and some bytes.
pub struct Answer {
    status: String,
    headers: Vec<String>,
    body: Vec<u8>,
    /// Whether the connection stays open, silent, when all was sent.
    stalls: bool,
    /// Whether the bytes come one by one, with a pause before each.
    drips: bool,
}

impl Answer {
    pub fn new(status: &str, body: &[u8]) -> Self {
        Self { status: status.to_owned(), headers: Vec::new(), body: body.to_vec(), stalls: false, drips: false }
    }

    /// The whole, or what was asked for of it, as a good server does.
    pub fn file(bytes: &[u8], asked: &Asked) -> Self {
        match asked.from {
            None => Self::new("200 OK", bytes).length(bytes.len()),
            Some(from) if from >= bytes.len() => Self::new("416 Range Not Satisfiable", b"").length(0),
            Some(from) => {
                let range = format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len());
                let rest = &bytes[from..];
                Self::new("206 Partial Content", rest).length(rest.len()).header("Content-Range", &range)
            }
        }
    }

    pub fn redirect(to: &str) -> Self {
        Self::new("302 Found", b"").length(0).header("Location", to)
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push(format!("{name}: {value}"));
        self
    }

    /// The length that is declared, true or not. Without one, the end of the connection is the end.
    pub fn length(self, bytes: usize) -> Self {
        self.header("Content-Length", &bytes.to_string())
    }

    /// Sends so many bytes of the body and no more.
    pub fn only(mut self, bytes: usize) -> Self {
        self.body.truncate(bytes);
        self
    }

    pub fn then_stall(mut self) -> Self {
        self.stalls = true;
        self
    }

    pub fn drip(mut self) -> Self {
        self.drips = true;
        self
    }

    pub fn send(&self, stream: &mut impl Write) {
        let head: String = self.headers.iter().map(|header| format!("{header}\r\n")).collect();
        // A client that had enough hangs up.
        let _ = write!(stream, "HTTP/1.1 {}\r\n{head}Connection: close\r\n\r\n", self.status);
        let pieces = self.body.chunks(if self.drips { 1 } else { self.body.len().max(1) });
        for piece in pieces {
            if stream.write_all(piece).and_then(|()| stream.flush()).is_err() {
                return;
            }
            if self.drips {
                thread::sleep(Duration::from_millis(10));
            }
        }
        if self.stalls {
            thread::sleep(Duration::from_secs(20));
        }
    }
}

/// Reads a request.
pub fn asked(stream: &mut impl Read) -> Option<Asked> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let mut from = None;
    for line in lines.take_while(|line| !line.is_empty()) {
        let line = line.to_ascii_lowercase();
        if let Some(range) = line.strip_prefix("range: bytes=") {
            from = Some(range.trim_end_matches('-').parse().expect("ranges run to the end"));
        }
    }
    Some(Asked { path, from })
}

pub struct Server {
    pub port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Answers the n-th request, counted from 0, with what `answer` gives for it.
    pub fn start(answer: impl Fn(usize, &Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let noted = Arc::new(Mutex::new(Vec::new()));
        let (notes, answer) = (noted.clone(), Arc::new(answer));
        thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let (notes, answer) = (notes.clone(), answer.clone());
                thread::spawn(move || serve(&mut stream, &notes, &*answer));
            }
        });
        Self { port, asked: noted }
    }

    /// The address of a folder.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/files/", self.port)
    }

    /// Everything that was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Where each request began.
    pub fn starts(&self) -> Vec<Option<usize>> {
        self.asked().iter().map(|asked| asked.from).collect()
    }
}

fn serve(stream: &mut TcpStream, notes: &Mutex<Vec<Asked>>, answer: &dyn Fn(usize, &Asked) -> Answer) {
    let Some(asked) = asked(stream) else { return };
    let index = {
        let mut notes = notes.lock().unwrap();
        notes.push(asked.clone());
        notes.len() - 1
    };
    answer(index, &asked).send(stream);
}
