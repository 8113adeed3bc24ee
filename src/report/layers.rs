//! What the logs of several layers say together, for a report.

use super::Report;
use crate::diagnose::layers as words;
use crate::layers::Layers;

impl Report {
    /// Adds what the logs of several layers say of the same requests: a section of its own, and sentences in the
    /// episodes that other layers explain.
    ///
    /// ```
    /// use brownout::{Findings, Layers, Report, Summary};
    /// let report = Report::new(Vec::new(), &Summary::default(), &Findings::default(), Vec::new());
    /// let report = report.with_layers(Layers::default());
    /// assert!(report.to_json().contains("\"layers\": {"));
    /// ```
    #[must_use]
    pub fn with_layers(mut self, layers: Layers) -> Self {
        for report in self.episodes.iter_mut().filter(|_| layers.are_joined()) {
            let sentences = words::sentences(&report.episode, &layers);
            if sentences.is_empty() {
                continue;
            }
            report.diagnosis.evidence.splice(0..0, sentences);
            let undercuts = layers.undercuts_of(
                &report.episode.upstreams,
                &report.episode.hosts,
                (report.episode.start, report.episode.end),
            );
            if let Some(undercut) = undercuts {
                report.diagnosis.check_first.insert(0, words::undercut_check(undercut, &layers));
            }
        }
        self.layers = Some(layers);
        self
    }
}
