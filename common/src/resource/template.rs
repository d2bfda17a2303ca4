//! Path templates: `sensors/{id}/temperature`.

/// Most segments a template may have.
const DEPTH: usize = 6;

/// A path with at most one variable segment, taken apart when the program is compiled.
#[derive(Clone, Copy, Debug)]
pub struct Template {
    text: &'static str,
    /// Each segment's bytes: on a host, where they are compared millions of times.
    #[cfg(feature = "host")]
    segments: [&'static [u8]; DEPTH],
    len: u8,
    /// Which segment is variable; none if it lies behind the last.
    parameter: u8,
    /// Where the variable segment begins and ends in the text.
    variable: (u16, u16),
}

/// The segments of a request's path, collected once for any number of comparisons.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Path<'a> {
    segments: [&'a [u8]; DEPTH],
    len: usize,
}

impl Template {
    /// The template that `text` spells: segments joined by `/`, one of them may be `{name}`.
    ///
    /// # Panics
    /// When compiled, if there are more than six segments or two variables.
    #[expect(clippy::indexing_slicing, clippy::panic, reason = "evaluated by the compiler, from a literal")]
    pub const fn new(text: &'static str) -> Self {
        let mut template = Self {
            text,
            #[cfg(feature = "host")]
            segments: [&[]; DEPTH],
            len: 0,
            parameter: DEPTH as u8,
            variable: (0, 0),
        };
        let bytes = text.as_bytes();
        let mut start = 0;
        loop {
            let mut end = start;
            while end < bytes.len() && bytes[end] != b'/' {
                end += 1;
            }
            if template.len == DEPTH as u8 {
                panic!("a path template has at most six segments");
            }
            let segment = bytes.split_at(end).0.split_at(start).1;
            #[cfg(feature = "host")]
            {
                template.segments[template.len as usize] = segment;
            }
            if let [b'{', .., b'}'] = segment {
                if template.is_variable() {
                    panic!("a path template has at most one variable");
                }
                template.parameter = template.len;
                template.variable = (start as u16, end as u16);
            }
            template.len += 1;
            if end == bytes.len() {
                return template;
            }
            start = end + 1;
        }
    }

    /// The text it was made from.
    pub const fn text(&self) -> &'static str {
        self.text
    }

    /// Whether it has a variable segment.
    pub const fn is_variable(&self) -> bool {
        self.parameter != DEPTH as u8
    }

    /// Whether `path` is one of the template's: `Some(None)` if it is and nothing is variable,
    /// `Some(Some(value))` with the variable segment.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn capture<'a>(&self, path: &Path<'a>) -> Option<Option<&'a [u8]>> {
        if usize::from(self.len) != path.len { None } else { self.compare(path) }
    }

    /// The same for a path of as many segments.
    fn compare<'a>(&self, path: &Path<'a>) -> Option<Option<&'a [u8]>> {
        let mut captured = None;
        let pairs = self.segments().zip(path.segments.get(..usize::from(self.len))?);
        for (position, (mine, theirs)) in pairs.enumerate() {
            if usize::from(self.parameter) == position {
                captured = Some(*theirs);
            } else if mine != *theirs {
                return None;
            }
        }
        Some(captured)
    }

    #[cfg(feature = "host")]
    fn segments(&self) -> impl Iterator<Item = &'static [u8]> {
        self.segments.get(..usize::from(self.len)).unwrap_or_default().iter().copied()
    }

    #[cfg(not(feature = "host"))]
    fn segments(&self) -> impl Iterator<Item = &'static [u8]> {
        self.text.as_bytes().split(|byte| *byte == b'/')
    }

    /// The pieces of the path whose variable segment is `value`.
    pub fn fill<'a>(&'a self, value: &'a str) -> [&'a str; 3] {
        let (start, end) = self.variable;
        let before = self.text.get(..usize::from(start)).unwrap_or_default();
        let after = self.text.get(usize::from(end)..).unwrap_or_default();
        [before, value, after]
    }
}

impl<'a> Path<'a> {
    /// Collects segments; `None` if there are more than any template has.
    #[cfg_attr(not(target_os = "none"), inline(always))]
    pub fn collect(segments: impl Iterator<Item = &'a [u8]>) -> Option<Self> {
        let mut path = Self { segments: [&[]; DEPTH], len: 0 };
        for segment in segments {
            *path.segments.get_mut(path.len)? = segment;
            path.len += 1;
        }
        Some(path)
    }

    /// Whether it has these segments.
    pub fn is(&self, segments: &[&[u8]]) -> bool {
        self.segments.get(..self.len) == Some(segments)
    }

    /// The segments of a path written with `/`; an empty text has none.
    pub fn of(text: &'a str) -> Option<Self> {
        Self::collect(text.split('/').filter(|_| !text.is_empty()).map(str::as_bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READING: Template = Template::new("sensors/{id}/temperature");

    #[test]
    fn captures_the_variable_segment() {
        let path = Path::of("sensors/a1/temperature").expect("three segments");
        assert_eq!(READING.capture(&path), Some(Some(b"a1".as_slice())));
        for other in
            ["", "sensors/a1", "sensors/a1/humidity", "sensors/a1/temperature/x", "Sensors/a1/temperature"]
        {
            assert_eq!(READING.capture(&Path::of(other).expect("few segments")), None, "{other}");
        }
        assert!(Path::of("1/2/3/4/5/6/7").is_none());
    }

    #[test]
    fn a_constant_path_captures_nothing() {
        let template = Template::new("time");
        assert_eq!(template.capture(&Path::of("time").expect("one segment")), Some(None));
    }

    #[test]
    fn fills_the_variable_segment() {
        assert_eq!(READING.fill("a1"), ["sensors/", "a1", "/temperature"]);
    }
}
