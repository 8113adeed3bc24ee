//! The key `layers` of the JSON report.

use super::super::json::Json;
use crate::diagnose::layers as words;
use crate::layers::{Birth, Example, Layer, LayerLink, Layers, OrderBasis, Place, Undercut};

pub(super) fn layers(j: &mut Json, layers: &Layers) {
    j.object(|j| {
        j.key("layers").array(layers.layers.iter().enumerate(), |j, (at, l)| layer(j, &layers.name(at), l));
        j.key("links").array(&layers.links, |j, l| link(j, l, layers));
        let joins = &layers.joins;
        j.key("joins").object(|j| {
            j.key("failures").plain(joins.failures);
            j.key("by_id").plain(joins.by_id);
            j.key("by_time").plain(joins.by_time);
            j.key("not_asked").plain(joins.not_asked);
            j.key("alone").plain(joins.alone);
            j.key("ambiguous").plain(joins.ambiguous);
            j.key("not_looked_for").plain(joins.not_looked_for);
        });
        j.key("born").array(layers.births.iter().filter(|_| layers.are_joined()), |j, b| birth(j, b, layers));
        j.key("undercuts").array(&layers.undercuts, |j, u| undercut(j, u, layers));
    });
}

fn layer(j: &mut Json, name: &str, layer: &Layer) {
    j.object(|j| {
        j.key("name").string(name);
        j.key("product").string(layer.product.name());
        j.key("format").string(&layer.format);
        j.key("inputs").strings(&layer.inputs);
        j.key("failures").plain(layer.failures);
        j.key("kept").plain(layer.kept);
    });
}

fn link(j: &mut Json, link: &LayerLink, layers: &Layers) {
    j.object(|j| {
        j.key("front").string(&layers.name(link.front));
        j.key("behind").string(&layers.name(link.behind));
        j.key("ordered").plain(link.is_ordered());
        let basis = match link.basis {
            OrderBasis::Lines(_) => "lines",
            OrderBasis::Products => "products",
            OrderBasis::Nothing => "nothing",
        };
        j.key("order_by").string(basis);
        j.key("by_id").plain(link.by_id);
        j.key("by_time").plain(link.by_time);
        j.key("clock_ms").float(link.clock_micros as f64 / 1000.0, 3);
        j.key("clock_error_ms").float(link.clock_error_micros as f64 / 1000.0, 3);
    });
}

fn birth(j: &mut Json, birth: &Birth, layers: &Layers) {
    j.object(|j| {
        j.key("seen_at").string(&layers.name(birth.seen_at));
        j.key("status").plain(birth.status.code());
        j.key("born_at").option(known(birth.place, layers).as_deref(), Json::string);
        j.key("how").string(birth.how.name());
        j.key("cause").option(birth.cause, |j, cause| j.string(cause.name()));
        j.key("count").plain(birth.count);
        j.key("examples").array(&birth.examples, |j, e| example(j, e, layers));
    });
}

/// `null` where the place is not known.
fn known(place: Place, layers: &Layers) -> Option<String> {
    match place {
        Place::Unknown => None,
        Place::Client => Some("client".into()),
        place => Some(words::place(place, layers)),
    }
}

fn example(j: &mut Json, example: &Example, layers: &Layers) {
    j.object(|j| {
        j.key("id").string(&example.id);
        j.key("target").string(&example.target);
        j.key("lines").array(&example.lines, |j, line| {
            j.object(|j| {
                j.key("layer").string(&layers.name(line.layer));
                j.key("file").string(&line.path);
                j.key("offset").plain(line.offset);
                j.key("status").plain(line.status.code());
                j.key("duration_ms").option(line.duration_micros, |j, d| j.float(d as f64 / 1000.0, 3));
            });
        });
    });
}

fn undercut(j: &mut Json, undercut: &Undercut, layers: &Layers) {
    let ms = |micros: u64| micros as f64 / 1000.0;
    j.object(|j| {
        j.key("front").string(&layers.name(undercut.front));
        j.key("behind").string(&layers.name(undercut.behind));
        j.key("count").plain(undercut.count);
        j.key("gave_up_ms").float(ms(undercut.gave_up_micros), 3);
        j.key("status").plain(undercut.status.code());
        j.key("still_waiting").plain(undercut.still_waiting);
        let (least, median, most) = undercut.lasted_micros;
        j.key("lasted_ms").object(|j| {
            j.key("least").float(ms(least), 3);
            j.key("median").float(ms(median), 3);
            j.key("most").float(ms(most), 3);
        });
        j.key("check_first").string(&words::undercut_check(undercut, layers));
    });
}
