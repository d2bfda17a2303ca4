//! Path templates: `sensors/{id}/temperature`.

/// Most segments a template may have.
const DEPTH: usize = 6;

/// A path with at most one variable segment, taken apart when the program is compiled.
#[derive(Clone, Copy, Debug)]
pub struct Template {
    text: &'static str,
    /// Each segment's bytes.
    segments: [&'static [u8]; DEPTH],
    len: usize,
    /// Which segment is variable; none if it lies behind the last.
    parameter: usize,
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
        let mut template = Self { text, segments: [&[]; DEPTH], len: 0, parameter: DEPTH };
        let mut rest = text.as_bytes();
        loop {
            let mut end = 0;
            while end < rest.len() && rest[end] != b'/' {
                end += 1;
            }
            let (segment, tail) = rest.split_at(end);
            if template.len == DEPTH {
                panic!("a path template has at most six segments");
            }
            template.segments[template.len] = segment;
            if let [b'{', .., b'}'] = segment {
                if template.parameter != DEPTH {
                    panic!("a path template has at most one variable");
                }
                template.parameter = template.len;
            }
            template.len += 1;
            let Some((_, tail)) = tail.split_first() else { return template };
            rest = tail;
        }
    }

    /// The text it was made from.
    pub const fn text(&self) -> &'static str {
        self.text
    }

    /// Whether it has a variable segment.
    pub const fn is_variable(&self) -> bool {
        self.parameter != DEPTH
    }

    /// Whether `path` is one of the template's: `Some(None)` if it is and nothing is variable,
    /// `Some(Some(value))` with the variable segment.
    #[inline(always)]
    pub fn capture<'a>(&self, path: &Path<'a>) -> Option<Option<&'a [u8]>> {
        if self.len != path.len { None } else { self.compare(path) }
    }

    /// The same for a path of as many segments.
    fn compare<'a>(&self, path: &Path<'a>) -> Option<Option<&'a [u8]>> {
        let mut captured = None;
        let pairs = self.segments.get(..self.len)?.iter().zip(path.segments.get(..self.len)?);
        for (position, (mine, theirs)) in pairs.enumerate() {
            if self.parameter == position {
                captured = Some(*theirs);
            } else if mine != theirs {
                return None;
            }
        }
        Some(captured)
    }

    /// The pieces of the path whose variable segment is `value`.
    pub fn fill<'a>(&'a self, value: &'a str) -> impl Iterator<Item = &'a str> {
        self.text.split('/').enumerate().map(
            move |(position, segment)| {
                if self.parameter == position { value } else { segment }
            },
        )
    }
}

impl<'a> Path<'a> {
    /// Collects segments; `None` if there are more than any template has.
    #[inline(always)]
    pub fn collect(segments: impl Iterator<Item = &'a [u8]>) -> Option<Self> {
        let mut path = Self { segments: [&[]; DEPTH], len: 0 };
        for segment in segments {
            *path.segments.get_mut(path.len)? = segment;
            path.len += 1;
        }
        Some(path)
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
        assert!(READING.fill("a1").eq(["sensors", "a1", "temperature"]));
    }
}
