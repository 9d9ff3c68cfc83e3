//! Requests: which addresses may be asked, how long an answer may take, and where a redirect may lead.

use std::cell::OnceCell;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::time::Duration;

use ureq::http::{Response, StatusCode, Uri, header};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body, Error, Timeout};

use super::error::{FetchError, Trouble};

/// Redirects in a row. Stores of files use one or two.
const REDIRECTS: usize = 5;

/// How long to wait, and how often to try.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// How long to wait for a connection.
    pub connect: Duration,
    /// How long to wait while no byte comes.
    pub stall: Duration,
    /// How many bytes must come in the time of a stall: a slower connection is not worth waiting for.
    pub least: u64,
    /// How many attempts in a row at one source may bring next to nothing.
    pub attempts: u32,
    /// The time to wait before the second attempt; before each further one it is twice as long.
    pub pause: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { connect: seconds(20), stall: seconds(60), least: 60 << 10, attempts: 5, pause: seconds(1) }
    }
}

/// The address of the file `name` in the folder at `base`.
pub fn address(base: &str, name: &str) -> Result<Uri, FetchError> {
    let refused = |reason: &str| FetchError::Address { address: base.to_owned(), reason: reason.to_owned() };
    let slash = if base.ends_with('/') { "" } else { "/" };
    let uri: Uri = format!("{base}{slash}{name}").parse().map_err(|error| refused(&format!("{error}; {RULE}")))?;
    if uri.query().is_some() || base.contains('#') {
        return Err(refused("expected a folder that holds the file, without `?` and `#`"));
    }
    if may_ask(&uri) { Ok(uri) } else { Err(refused(RULE)) }
}

const RULE: &str = "expected one that begins with https://; http:// is for mirrors at this machine's own address, such \
                    as http://localhost:8000/";

/// Whether an address may be asked at all: with TLS, or on this machine, where tunnels to mirrors end.
fn may_ask(uri: &Uri) -> bool {
    match uri.scheme_str() {
        Some("https") => uri.host().is_some(),
        Some("http") => uri.host().is_some_and(is_this_machine),
        _ => false,
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// The two agents that send requests: one for mirrors on this machine, one for everything else.
pub struct Agents {
    retry: RetryPolicy,
    /// The agent for this machine: never by way of a proxy.
    near: OnceCell<Agent>,
    /// The agent for all other machines: by way of the proxy that the environment names, if it names one.
    far: OnceCell<Agent>,
}

impl Agents {
    pub fn new(retry: RetryPolicy) -> Self {
        Self { retry, near: OnceCell::new(), far: OnceCell::new() }
    }

    /// Asks for what is at an address, from byte `from` on, and goes where the server sends us.
    pub fn get(&self, address: &Uri, from: u64) -> Result<Response<Body>, Trouble> {
        let mut at = address.clone();
        for _ in 0..=REDIRECTS {
            // What is stored is what is wanted, not a compressed form of it.
            let mut request = self.client(&at).get(&at).header(header::ACCEPT_ENCODING, "identity");
            if from > 0 {
                request = request.header(header::RANGE, format!("bytes={from}-"));
            }
            let response = request.call().map_err(|error| trouble(error, self.retry))?;
            match response.status().as_u16() {
                301 | 302 | 303 | 307 | 308 => at = led_on(&at, &response)?,
                _ => return Ok(response),
            }
        }
        Err(Trouble::Redirects(REDIRECTS))
    }

    fn client(&self, address: &Uri) -> &Agent {
        if address.host().is_some_and(is_this_machine) {
            self.near.get_or_init(|| client(self.retry, true))
        } else {
            self.far.get_or_init(|| client(self.retry, false))
        }
    }
}

fn client(retry: RetryPolicy, is_near: bool) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .user_agent(concat!("lcnnc/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(Some(retry.connect))
        .timeout_connect(Some(retry.connect))
        .timeout_recv_response(Some(retry.stall))
        .timeout_per_read(Some(retry.stall))
        .timeout_per_write(Some(retry.stall))
        .tls_config(TlsConfig::builder().root_certs(trusted()).build());
    let config = if is_near { config.proxy(None) } else { config };
    config.build().into()
}

/// The certificates of this machine, since laboratories add their proxy's to them; a bare container has none, and gets
/// Mozilla's.
fn trusted() -> RootCerts {
    let own = rustls_native_certs::load_native_certs().certs;
    if own.is_empty() {
        return RootCerts::WebPki;
    }
    let own: Vec<Certificate<'static>> = own.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
    RootCerts::new_with_certs(&own)
}

/// The address that a redirect names, if it may be asked.
fn led_on(at: &Uri, response: &Response<Body>) -> Result<Uri, Trouble> {
    let to = response.headers().get(header::LOCATION).map(|to| String::from_utf8_lossy(to.as_bytes()).into_owned());
    let to = to.unwrap_or_default();
    let refused = |reason: &str| Trouble::Redirect { to: to.clone(), reason: reason.to_owned() };
    let next = joined(at, &to).ok_or_else(|| refused("which is no address"))?;
    if at.scheme_str() == Some("https") && next.scheme_str() != Some("https") {
        return Err(refused("from https to something else, which would let anybody change what comes"));
    }
    if may_ask(&next) { Ok(next) } else { Err(refused("which is not https")) }
}

/// The address that `to` stands for when it is read at the address `at`; none if it is no address.
fn joined(at: &Uri, to: &str) -> Option<Uri> {
    let to = to.split('#').next()?;
    let whole = match (at.scheme_str()?, at.authority()?) {
        _ if to.is_empty() => return None,
        _ if to.contains("://") && !to.starts_with(['/', '?']) => to.to_owned(),
        (scheme, _) if to.starts_with("//") => format!("{scheme}:{to}"),
        (scheme, host) if to.starts_with('/') => format!("{scheme}://{host}{to}"),
        (scheme, host) => {
            let folder = at.path().rsplit_once('/').map_or("", |(folder, _)| folder);
            format!("{scheme}://{host}{folder}/{to}")
        }
    };
    whole.parse().ok()
}

/// Translates an error of the HTTP library into a [`Trouble`].
pub fn trouble(error: Error, retry: RetryPolicy) -> Trouble {
    match error {
        Error::Timeout(Timeout::Connect | Timeout::Resolve) => {
            Trouble::Connection(format!("none within {} s", retry.connect.as_secs_f64()))
        }
        Error::Timeout(_) => Trouble::Stalled(retry.stall),
        Error::HostNotFound => Trouble::Connection("there is no such host; is this machine online?".to_owned()),
        Error::Rustls(error) => Trouble::Tls(error.to_string()),
        // What TLS finds wrong arrives as data that is.
        Error::Io(error) if error.kind() == ErrorKind::InvalidData => Trouble::Tls(error.to_string()),
        Error::Io(error) => Trouble::Connection(error.to_string()),
        error => Trouble::Connection(error.to_string()),
    }
}

/// Whether a status says that the whole file follows, or a part of it; all others are trouble.
pub fn is_part(response: &Response<Body>) -> Result<bool, Trouble> {
    match response.status() {
        StatusCode::OK => Ok(false),
        StatusCode::PARTIAL_CONTENT => Ok(true),
        status => Err(Trouble::Status(status)),
    }
}
