//! What TensorBoard's page of hyperparameters is told of a run. Numbers and types of the fields are those of TensorBoard's
//! `hparams/plugin_data.proto` and of protobuf's `struct.proto`.

use super::message::{Metadata, PluginData};
use prost::{Message, Oneof};
use std::collections::BTreeMap;

/// The part of TensorBoard that shows them.
const PLUGIN: &str = "hparams";
/// How a run ended that came to its end.
const SUCCESS: i32 = 1;
/// How a run ended whose numbers stopped being finite.
const FAILURE: i32 = 2;

#[derive(Clone, PartialEq, Message)]
struct HParams {
    #[prost(oneof = "Session", tags = "3, 4")]
    session: Option<Session>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum Session {
    #[prost(message, tag = "3")]
    Start(SessionStart),
    #[prost(message, tag = "4")]
    End(SessionEnd),
}

#[derive(Clone, PartialEq, Message)]
pub struct SessionStart {
    #[prost(btree_map = "string, message", tag = "1")]
    hparams: BTreeMap<String, Value>,
    /// Seconds since 1970.
    #[prost(double, tag = "5")]
    start_time_secs: f64,
}

#[derive(Clone, PartialEq, Message)]
pub struct SessionEnd {
    #[prost(int32, tag = "1")]
    status: i32,
    /// Seconds since 1970.
    #[prost(double, tag = "2")]
    end_time_secs: f64,
}

#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(oneof = "Kind", tags = "2, 3")]
    kind: Option<Kind>,
}

#[derive(Clone, PartialEq, Oneof)]
enum Kind {
    #[prost(double, tag = "2")]
    Number(f64),
    #[prost(string, tag = "3")]
    Text(String),
}

impl Session {
    /// A run begins, with these settings; a text that is a number is told as one.
    pub fn start(settings: &BTreeMap<String, String>, seconds: f64) -> Self {
        let kind = |text: &String| match text.parse::<f64>() {
            Ok(x) if x.is_finite() => Kind::Number(x),
            _ => Kind::Text(text.clone()),
        };
        let value = |text| Value { kind: Some(kind(text)) };
        let hparams = settings.iter().map(|(name, text)| (name.clone(), value(text))).collect();
        Self::Start(SessionStart { hparams, start_time_secs: seconds })
    }

    /// A run has come to its end, or ended with numbers that are not finite.
    pub fn end(seconds: f64, is_good: bool) -> Self {
        Self::End(SessionEnd { status: if is_good { SUCCESS } else { FAILURE }, end_time_secs: seconds })
    }

    /// The series that TensorBoard looks for.
    pub fn tag(&self) -> &'static str {
        match self {
            Self::Start(_) => "_hparams_/session_start_info",
            Self::End(_) => "_hparams_/session_end_info",
        }
    }

    /// All of it is said beside a value that there is not.
    pub fn metadata(self) -> Metadata {
        let content = HParams { session: Some(self) }.encode_to_vec();
        let plugin_data = Some(PluginData { plugin_name: PLUGIN.to_owned(), content });
        Metadata { plugin_data, summary_description: String::new(), data_class: 0 }
    }
}
