//! TLS and proxies, through the command: both are told to a process by its environment.

use std::fs;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::tempdir;

use super::command::{lcnnc, said};
use super::server::{Answer, Asked, Server, asked};

/// A server with TLS that always answers so; gives its address and the file of its certificate.
fn serve(folder: &Path, answer: impl Fn(&Asked) -> Answer + Send + 'static) -> (String, PathBuf) {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let file = folder.join("certificate.pem");
    fs::write(&file, own.cert.pem()).unwrap();
    let key = PrivatePkcs8KeyDer::from(own.signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let config = Arc::new(config.with_single_cert(vec![own.cert.der().clone()], key.into()).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut stream = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream);
            if let Some(asked) = asked(&mut stream) {
                answer(&asked).send(&mut stream);
                close(stream);
            }
        }
    });
    (format!("https://localhost:{port}/"), file)
}

/// Says that this is the end, and waits until the other side has seen it.
fn close(mut stream: StreamOwned<ServerConnection, TcpStream>) {
    stream.conn.send_close_notify();
    let _ = stream.conn.complete_io(&mut stream.sock);
    let _ = stream.sock.read(&mut [0; 64]);
}

/// What a fetch of MNIST from there says, which must fail.
#[track_caller]
fn refused(url: &str, certificate: Option<&Path>, here: &Path) -> String {
    let mut command = lcnnc(&["data", "fetch", "mnist", "--data-root", "root", "--from", url], here);
    // Where it would hinder tests, a proxy hinders mirrors at this machine too.
    command.env("HTTPS_PROXY", "http://127.0.0.1:1/").env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR");
    if let Some(certificate) = certificate {
        command.env("SSL_CERT_FILE", certificate);
    }
    let (code, _, err) = said(command.output().unwrap());
    assert_eq!(code, Some(2), "{err}");
    err
}

#[test]
fn a_trusted_server_is_asked() {
    let here = tempdir().unwrap();
    let (url, certificate) = serve(here.path(), |_| Answer::new("404 Not Found", b"").length(0));
    let err = refused(&url, Some(&certificate), here.path());
    let file = "train-images-idx3-ubyte.gz";
    assert!(err.contains(&format!("{url}{file}: the server answered 404 Not Found")), "{err}");
}

#[test]
fn a_server_that_nobody_vouches_for_is_not_trusted() {
    let here = tempdir().unwrap();
    let (url, _) = serve(here.path(), |_| Answer::new("404 Not Found", b"").length(0));
    let err = refused(&url, None, here.path());
    assert!(err.contains("no trust in the server") && err.contains("SSL_CERT_FILE"), "{err}");
}

#[test]
fn no_redirect_leaves_tls() {
    let here = tempdir().unwrap();
    let plain = Server::start(|_, _| Answer::new("404 Not Found", b"").length(0));
    let to = plain.url();
    let said = format!("led on to `{to}`, from https to something else");
    let (url, certificate) = serve(here.path(), move |_| Answer::redirect(&to));
    let err = refused(&url, Some(&certificate), here.path());
    assert!(err.contains(&said), "{err}");
    assert_eq!(plain.asked(), []);
}

#[test]
fn the_proxy_of_the_environment_is_asked_for_a_way() {
    let here = tempdir().unwrap();
    let proxy = Server::start(|_, _| Answer::new("403 Forbidden", b"").length(0));
    let words = ["data", "fetch", "mnist", "--data-root", "root", "--from", "https://mirror.invalid/"];
    let mut command = lcnnc(&words, here.path());
    command.env("HTTPS_PROXY", format!("http://127.0.0.1:{}", proxy.port));
    for name in ["ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"] {
        command.env_remove(name);
    }
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    while proxy.asked().is_empty() {
        assert!(start.elapsed() < Duration::from_secs(30), "nobody asks the proxy");
        thread::sleep(Duration::from_millis(5));
    }
    // It would try some more.
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(proxy.asked()[0].path, "mirror.invalid:443");
}
