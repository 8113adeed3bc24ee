//! Whether the logs of several layers are joined.

use brownout::{InputInfo, LayerSettings, Settings};

/// As the command line says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Layering {
    /// Where the inputs are in several formats.
    Auto,
    /// Each file is a layer.
    Files,
    /// Never.
    Off,
}

/// Bytes a request takes, about.
const REQUEST_BYTES: usize = 256;
/// Bytes a unit of the budget stands for.
const UNIT_BYTES: usize = 64;
/// Part of the memory that each of the two looks may take.
const PART: usize = 8;

impl Layering {
    /// How these inputs are to be joined; `None` where they are one layer.
    pub(crate) fn settings(self, inputs: &[InputInfo], counting: &Settings) -> Option<LayerSettings> {
        let mut kinds: Vec<&str> = match self {
            Self::Off => Vec::new(),
            Self::Auto => inputs.iter().filter_map(|i| i.format.as_deref()).collect(),
            Self::Files => {
                inputs.iter().filter(|i| i.format.is_some()).filter_map(|i| i.path.to_str()).collect()
            }
        };
        kinds.sort_unstable();
        kinds.dedup();
        if kinds.len() < 2 {
            return None;
        }
        let mut settings = LayerSettings::default();
        settings.since = counting.since;
        settings.until = counting.until;
        settings.topology = counting.topology.clone();
        settings.requests = counting.budget.units * UNIT_BYTES / PART / REQUEST_BYTES;
        settings.by_file = self == Self::Files;
        Some(settings)
    }
}
