//! [`Paths`]: the dotted paths of a field map as a tree, so that one pass over a line knows at every key whether
//! anything below it is wanted.

/// A place in the tree; [`NOWHERE`] once a key is in no path.
pub(super) type Node = u16;

/// Below no path.
pub(super) const NOWHERE: Node = u16::MAX;

/// The whole object.
pub(super) const ROOT: Node = 0;

/// Keys of this length and longer are found one after another.
const LENGTHS: usize = 40;

/// Dotted paths, each leading to a column.
///
/// A dot in a path stands for one level of nesting *or* for a dot in a key: `http.status` finds both
/// `{"http":{"status":200}}` and `{"http.status":200}`. A number stands for an element of a list.
#[derive(Debug, Clone)]
pub(super) struct Paths {
    nodes: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    column: Option<u8>,
    /// Sorted by length, then bytes: most keys of a line are told apart by their length alone.
    children: Vec<(Box<[u8]>, Node)>,
    /// For every length of a key below [`LENGTHS`]: where children of that length begin.
    starts: [u16; LENGTHS + 1],
    /// Whether a child has children: only then can a key with dots in it mean anything.
    deep: bool,
}

impl Entry {
    const EMPTY: Self = Self { column: None, children: Vec::new(), starts: [0; LENGTHS + 1], deep: false };
}

impl Paths {
    pub(super) fn new() -> Self {
        Self { nodes: vec![Entry::EMPTY] }
    }

    /// Leads `path` to `column`. The first column given for a path stays.
    pub(super) fn insert(&mut self, path: &str, column: u8) {
        let mut at = ROOT;
        let mut parent: Option<Node> = None;
        for segment in path.split('.') {
            if let Some(parent) = parent {
                self.nodes[usize::from(parent)].deep = true;
            }
            parent = Some(at);
            at = self.child_or_new(at, segment.as_bytes());
        }
        self.nodes[usize::from(at)].column.get_or_insert(column);
    }

    fn child_or_new(&mut self, node: Node, key: &[u8]) -> Node {
        let new = self.nodes.len() as Node;
        let children = &mut self.nodes[usize::from(node)].children;
        match children.binary_search_by(|(k, _)| (k.len(), &**k).cmp(&(key.len(), key))) {
            Ok(i) => children[i].1,
            Err(i) => {
                children.insert(i, (key.into(), new));
                for start in self.nodes[usize::from(node)].starts.iter_mut().skip(key.len() + 1) {
                    *start += 1;
                }
                self.nodes.push(Entry::EMPTY);
                new
            }
        }
    }

    /// The column a path ends in here.
    #[inline]
    pub(super) fn column(&self, node: Node) -> Option<u8> {
        self.nodes.get(usize::from(node))?.column
    }

    /// Where `key` leads from `node`.
    #[inline]
    pub(super) fn child(&self, node: Node, key: &[u8]) -> Node {
        let Some(entry) = self.nodes.get(usize::from(node)) else { return NOWHERE };
        match self.direct(node, key) {
            NOWHERE if entry.deep && memchr::memchr(b'.', key).is_some() => {
                key.split(|&b| b == b'.').fold(node, |at, segment| self.direct(at, segment))
            }
            found => found,
        }
    }

    #[inline]
    fn direct(&self, node: Node, key: &[u8]) -> Node {
        let Some(entry) = self.nodes.get(usize::from(node)) else { return NOWHERE };
        let bound = |length: usize| {
            entry.starts.get(length).map_or(entry.children.len(), |&start| usize::from(start))
        };
        let same_length = entry.children.get(bound(key.len().min(LENGTHS))..bound(key.len() + 1));
        same_length
            .unwrap_or_default()
            .iter()
            .find(|(name, _)| name.last() == key.last() && **name == *key)
            .map_or(NOWHERE, |(_, child)| *child)
    }

    /// Where element `index` of a list leads from `node`.
    pub(super) fn element(&self, node: Node, index: u32) -> Node {
        match self.nodes.get(usize::from(node)) {
            Some(entry) if !entry.children.is_empty() => {
                let mut digits = [0; 10];
                let mut at = digits.len();
                let mut rest = index;
                loop {
                    at -= 1;
                    digits[at] = b'0' + (rest % 10) as u8;
                    rest /= 10;
                    if rest == 0 {
                        return self.direct(node, &digits[at..]);
                    }
                }
            }
            _ => NOWHERE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_through_nesting_dots_and_lists() {
        let mut paths = Paths::new();
        for (i, path) in ["status", "http.status", "request.headers.User-Agent.0", "http"].iter().enumerate()
        {
            paths.insert(path, i as u8);
        }
        let follow = |keys: &[&str]| {
            paths.column(keys.iter().fold(ROOT, |at, key| match key.parse() {
                Ok(index) => paths.element(at, index),
                Err(_) => paths.child(at, key.as_bytes()),
            }))
        };
        assert_eq!(follow(&["status"]), Some(0));
        assert_eq!(follow(&["http", "status"]), Some(1));
        assert_eq!(follow(&["http.status"]), Some(1));
        assert_eq!(follow(&["http"]), Some(3));
        assert_eq!(follow(&["request", "headers.User-Agent", "0"]), Some(2));
        assert_eq!(follow(&["request", "headers", "User-Agent", "10"]), None);
        assert_eq!(follow(&["status", "status"]), None);
        assert_eq!(follow(&["sta.tus"]), None);

        let names: Vec<String> = (1..80).map(|length| "k".repeat(length)).collect();
        let mut paths = Paths::new();
        for (i, name) in names.iter().enumerate().rev() {
            paths.insert(name, i as u8);
        }
        for (i, name) in names.iter().enumerate() {
            assert_eq!(paths.column(paths.child(ROOT, name.as_bytes())), Some(i as u8));
        }
        assert_eq!(paths.child(ROOT, b""), NOWHERE);
        assert_eq!(paths.child(ROOT, &[b'k'; 90]), NOWHERE);
    }
}
