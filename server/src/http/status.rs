//! Response codes of CoAP as status codes of HTTP, RFC 8075 §7.

use twite::wire::Code;

/// The status of an answer; `has_body` decides between 200 and 204 (RFC 8075 §7, notes 1 and 2).
///
/// Codes that RFC 8075 does not know have the status of their own RFC; a code nobody knows is 502, as a gateway that
/// does not understand what is behind it.
#[must_use]
pub const fn status(code: Code, has_body: bool) -> u16 {
    match (code.class(), code.detail()) {
        // 2.02 Deleted, 2.04 Changed
        (2, 2 | 4) => {
            if has_body {
                200
            } else {
                204
            }
        }
        (2, 1) => 201,
        (2, 3) => 304,
        (2, 5) => 200,
        // 4.02 Bad Option is ours to avoid: the client's request could not be said in CoAP.
        (4, 0 | 2) => 400,
        (4, 1) => 401,
        (4, 3) => 403,
        (4, 4) => 404,
        (4, 5) => 405,
        (4, 6) => 406,
        // 4.08 Request Entity Incomplete speaks of blocks: to HTTP the body was cut off.
        (4, 8) => 400,
        (4, 9) => 409,
        (4, 12) => 412,
        (4, 13) => 413,
        (4, 15) => 415,
        (4, 22) => 422,
        (4, 29) => 429,
        (5, 0) => 500,
        (5, 1) => 501,
        (5, 2) => 502,
        (5, 3) => 503,
        (5, 4) => 504,
        // 5.05 Proxying Not Supported, 5.08 Hop Limit Reached (RFC 8768 §3)
        (5, 5 | 8) => 502,
        _ => 502,
    }
}

/// Whether Max-Age of such an answer says when to try again (RFC 8075 §7 note 7, RFC 8516 §4).
#[must_use]
pub const fn says_when_to_retry(code: Code) -> bool {
    matches!((code.class(), code.detail()), (4, 29) | (5, 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_8075_section_7_table_2() {
        const TABLE: &[(u8, u8, u16, u16)] = &[
            // class, detail, with a body, without one
            (2, 1, 201, 201),
            (2, 2, 200, 204),
            (2, 3, 304, 304),
            (2, 4, 200, 204),
            (2, 5, 200, 200),
            (4, 0, 400, 400),
            (4, 1, 401, 401),
            (4, 2, 400, 400),
            (4, 3, 403, 403),
            (4, 4, 404, 404),
            (4, 5, 405, 405),
            (4, 6, 406, 406),
            (4, 8, 400, 400),
            (4, 9, 409, 409),
            (4, 12, 412, 412),
            (4, 13, 413, 413),
            (4, 15, 415, 415),
            (4, 22, 422, 422),
            (4, 29, 429, 429),
            (5, 0, 500, 500),
            (5, 1, 501, 501),
            (5, 2, 502, 502),
            (5, 3, 503, 503),
            (5, 4, 504, 504),
            (5, 5, 502, 502),
            (5, 8, 502, 502),
            (4, 31, 502, 502),
            (0, 1, 502, 502),
        ];
        for (class, detail, with, without) in TABLE {
            let code = Code(class << 5 | detail);
            assert_eq!((status(code, true), status(code, false)), (*with, *without), "{code}");
        }
        let retry: Vec<String> = (0..=255)
            .map(Code)
            .filter(|code| says_when_to_retry(*code))
            .map(|code| code.to_string())
            .collect();
        assert_eq!(retry, ["4.29", "5.03"]);
    }
}
