//! The decision, for every identity, path and method.

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

use super::*;

const TOKEN: &[u8] = b"gateway's token";

const GET: u8 = 1;
const POST: u8 = 2;
const PUT: u8 = 4;
const DELETE: u8 = 8;
const FETCH: u8 = 16;
const PATCH: u8 = 32;
const IPATCH: u8 = 64;
const ALL: u8 = 127;

const METHODS: [(RequestType, u8, &str); 7] = [
    (RequestType::Get, GET, "GET"),
    (RequestType::Post, POST, "POST"),
    (RequestType::Put, PUT, "PUT"),
    (RequestType::Delete, DELETE, "DELETE"),
    (RequestType::Fetch, FETCH, "FETCH"),
    (RequestType::Patch, PATCH, "PATCH"),
    (RequestType::IPatch, IPATCH, "iPATCH"),
];

fn read(text: &str) -> Policy {
    file::read(Path::new("policy.toml"), text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn example() -> Policy {
    read(&format!(
        r#"
[identities.anonymous]
roles = ["visitor"]
[identities.sensor]
roles = ["reporter"]
oscore = ["a1", "a2"]
[identities.gateway]
roles = ["visitor", "reporter", "mover"]
bearer = ["{}"]
oscore = ["gateway"]
[identities.operator]
roles = ["operator"]
oscore = ["operator"]

[roles.visitor]
permissions = [
    {{ path = ".well-known/core", methods = ["GET"] }},
    {{ path = "public/**", methods = ["GET", "FETCH"] }},
]
[roles.reporter]
permissions = [{{ path = "sensors/{{id}}/temperature", methods = ["PUT", "PATCH", "iPATCH"] }}]
[roles.mover]
permissions = [
    {{ path = "sensors/*", methods = ["DELETE"] }},
    {{ path = "sensors/a1/temperature", methods = ["GET"] }},
    {{ path = "", methods = ["POST"] }},
]
[roles.operator]
permissions = [{{ path = "**", methods = ["GET", "POST", "PUT", "DELETE", "FETCH", "PATCH", "iPATCH"] }}]
"#,
        TokenHash::of(TOKEN).to_text()
    ))
}

/// What the code of the answer is for each of the methods that the bits do not have.
fn check(policy: &Policy, who: &str, caller: Caller, path: &str, permitted: u8) {
    for (method, bit, name) in METHODS {
        let decided = policy.decide(caller, &segments(path), method);
        let expected = match permitted {
            _ if permitted & bit != 0 => Ok(()),
            _ if caller == Caller::ANONYMOUS => Err((401, "4.01")),
            0 => Err((403, "4.03")),
            _ => Err((405, "4.05")),
        };
        let said =
            decided.map_err(|denial| (denial.status(), twite::wire::Code::from(denial.code()).to_string()));
        let expected = expected.map_err(|(status, code)| (status, code.to_owned()));
        assert_eq!(said, expected, "{who} {name} {path}");
        if let Err(denial) = decided {
            assert_eq!(denial.challenge().is_some(), caller == Caller::ANONYMOUS, "{who} {name} {path}");
            let methods = METHODS.iter().filter(|(_, bit, _)| permitted & bit != 0);
            let methods = methods.fold(Methods::NONE, |all, (method, ..)| all | Methods::of(*method));
            let allow = (denial.status() == 405).then(|| methods.to_allow());
            assert_eq!(denial.allow(), allow, "{who} {name} {path}");
        }
    }
}

#[test]
fn every_identity_path_and_method() {
    let policy = example();
    let proved = |name| policy.caller(Proof::Oscore(name));
    let gateway = proved("gateway");
    assert_eq!(policy.bearer(TOKEN), Some(gateway), "one identity by either transport");
    let callers = [
        ("anonymous", policy.caller(Proof::Nothing)),
        ("sensor", proved("a1")),
        ("gateway", gateway),
        ("operator", proved("operator")),
        ("unnamed", proved("nobody's")),
    ];
    assert_eq!(proved("a1"), proved("a2"));
    for (path, permitted) in [
        (".well-known/core", [GET, 0, GET, ALL, 0]),
        ("public", [GET | FETCH, 0, GET | FETCH, ALL, 0]),
        ("public/a/b", [GET | FETCH, 0, GET | FETCH, ALL, 0]),
        ("publicity", [0, 0, 0, ALL, 0]),
        ("sensors", [0, 0, 0, ALL, 0]),
        ("sensors/a1", [0, 0, DELETE, ALL, 0]),
        ("sensors/a1/temperature", [0, PUT | PATCH | IPATCH, GET | PUT | PATCH | IPATCH, ALL, 0]),
        ("sensors/a2/temperature", [0, PUT | PATCH | IPATCH, PUT | PATCH | IPATCH, ALL, 0]),
        ("sensors/a1/temperature/x", [0, 0, 0, ALL, 0]),
        ("secret", [0, 0, 0, ALL, 0]),
        ("", [0, 0, POST, ALL, 0]),
    ] {
        for ((who, caller), permitted) in callers.iter().zip(permitted) {
            check(&policy, who, *caller, path, permitted);
        }
    }
}

#[test]
fn a_method_without_a_name_is_not_allowed_to_anybody() {
    let policy = example();
    for caller in [Caller::ANONYMOUS, policy.caller(Proof::Oscore("operator")), Caller::UNNAMED] {
        let denial = policy.decide(caller, &segments("public"), RequestType::UnKnown).expect_err("no method");
        assert_eq!(denial.status(), 405);
    }
}

#[test]
fn paths_that_nothing_can_have_are_decided_too() {
    let policy = example();
    let decide =
        |path: &[&'static [u8]]| policy.decide(Caller::ANONYMOUS, &path.iter().copied(), RequestType::Get);
    assert_eq!(decide(&[b"public", b"\xff"]), Ok(()));
    for path in [&[b"\xff".as_slice()][..], &[b"public/a"], &[b""], &[b"", b"public"], &[b".", b"public"]] {
        assert_eq!(decide(path), Err(Denial::Unauthenticated), "{path:?}");
    }
}

#[test]
fn no_token_but_the_right_one_is_known() {
    let policy = example();
    for token in [&b""[..], b"gateway's toke", b"gateway's token ", TokenHash::of(TOKEN).to_text().as_bytes()]
    {
        assert_eq!(policy.bearer(token), None);
    }
    assert_eq!(read("[identities]").bearer(TOKEN), None);
}

#[test]
fn what_is_withdrawn_is_known_by_every_proof() {
    let hash = TokenHash::of(TOKEN).to_text();
    let policy = |anonymous: &str, sensor: &str, gateway: &str| {
        read(&format!(
            "[roles.all]\npermissions = [{{ path = '**', methods = ['GET'] }}]\n\
             [roles.some]\npermissions = [{{ path = 'a', methods = ['GET'] }}, {{ path = 'b', methods = ['PUT'] }}]\n\
             [identities]\n{anonymous}\n{sensor}\n{gateway}\n"
        ))
    };
    let anonymous = |role: &str| format!("anonymous = {{ roles = ['{role}'] }}");
    let sensor = |role: &str| format!("sensor = {{ roles = ['{role}'], oscore = ['a1'] }}");
    let gateway = |role: &str| format!("gateway = {{ roles = ['{role}'], bearer = ['{hash}'] }}");
    let before = policy(&anonymous("all"), &sensor("all"), &gateway("all"));
    for (after, withdrawn) in [
        (policy(&anonymous("all"), &sensor("all"), &gateway("all")), [false, false]),
        (policy(&anonymous("some"), &sensor("all"), &gateway("all")), [false, true]),
        (policy(&anonymous("all"), &sensor("some"), &gateway("all")), [false, true]),
        (policy(&anonymous("all"), &sensor("all"), &gateway("some")), [false, true]),
        (policy("", &sensor("all"), &gateway("all")), [true, true]),
        (policy(&anonymous("all"), "", &gateway("all")), [true, true]),
        (policy(&anonymous("all"), &sensor("all"), ""), [true, true]),
        // The same key, and another name.
        (
            policy(&anonymous("all"), "other = { roles = ['all'], oscore = ['a1'] }", &gateway("all")),
            [false, false],
        ),
    ] {
        let withdrawal = Withdrawal::between(&before, &after);
        assert_eq!(["a", "b"].map(|path| withdrawal.has(path)), withdrawn, "{after}");
        let given = Withdrawal::between(&after, &before);
        assert!(!given.has("a") && !given.has("b"), "nothing is taken from who may do more: {after}");
    }
}

#[test]
fn of_many_changes_at_once_everybody_hears() {
    let policy = |count: usize, roles: &str| {
        let identities: String =
            (0..count).map(|at| format!("i{at} = {{ roles = [{roles}], oscore = ['{at}'] }}\n")).collect();
        read(&format!(
            "[roles.a]\npermissions = [{{ path = 'a', methods = ['GET'] }}]\n\
             [roles.b]\npermissions = [{{ path = 'b', methods = ['GET'] }}]\n[identities]\n{identities}"
        ))
    };
    // Nobody loses anything, which is found out for few and not for many.
    for (count, everybody) in [(64, false), (65, true)] {
        let (before, after) = (policy(count, "'a'"), policy(count, "'a', 'b'"));
        assert_eq!(Withdrawal::between(&before, &after).has("a"), everybody, "{count}");
        assert!(!Withdrawal::between(&before, &before).has("a"), "{count}");
    }
}

#[test]
fn a_policy_is_told_in_words() {
    let text = example().to_string();
    for line in [
        "anonymous: visitor",
        "gateway: visitor, reporter, mover",
        "  by the OSCORE context gateway",
        "  by a bearer token",
        "  may PUT PATCH iPATCH sensors/{id}/temperature",
        "  may GET POST PUT DELETE FETCH PATCH iPATCH **",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    assert_eq!(read("[identities]").to_string(), "anonymous: no role\n  may do nothing\n");
}

/// Whether a pattern matches, said in another way: piece by piece from the end of what is left.
fn matches(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern, path) {
        (["**"], _) | ([], []) => true,
        ([first, pattern @ ..], [segment, path @ ..]) => {
            (first == segment || *first == "*" || first.starts_with('{')) && matches(pattern, path)
        }
        _ => false,
    }
}

proptest! {
    #[test]
    fn a_decision_is_that_of_a_simple_reading(
        rules in vec((r"((a|b|\{x\})(/(a|b|\{x\})){0,2}(/\*|/\*\*)?|\*\*|\*|)", 1..=ALL), 1..6),
        paths in btree_set("((a|b|c)(/(a|b|c)){0,3})?", 1..8),
    ) {
        let permissions: Vec<String> = rules
            .iter()
            .enumerate()
            .filter(|(at, (pattern, _))| !rules[..*at].iter().any(|(earlier, _)| earlier == pattern))
            .map(|(_, (pattern, methods))| {
                let names = METHODS.iter().filter(|(_, bit, _)| methods & bit != 0).map(|(.., name)| *name);
                format!("{{ path = '{pattern}', methods = {:?} }}", names.collect::<Vec<_>>())
            })
            .collect();
        // Each permission is a role of its own for one, all are one role for the other.
        let roles: String = permissions
            .iter()
            .enumerate()
            .map(|(at, permission)| format!("[roles.r{at}]\npermissions = [{permission}]\n"))
            .collect();
        let names: Vec<String> = (0..permissions.len()).map(|at| format!("r{at}")).collect();
        let policy = read(&format!(
            "{roles}[roles.all]\npermissions = [{}]\n[identities]\nanonymous.roles = ['all']\n\
             one = {{ roles = ['all'], oscore = ['one'] }}\nmany = {{ roles = {names:?}, oscore = ['many'] }}\n",
            permissions.join(", ")
        ));
        for path in &paths {
            let found: Vec<&str> = path.split('/').filter(|_| !path.is_empty()).collect();
            let mut seen: Vec<&str> = Vec::new();
            let mut permitted = 0;
            for (pattern, methods) in &rules {
                let pieces: Vec<&str> = pattern.split('/').filter(|_| !pattern.is_empty()).collect();
                if !seen.contains(&pattern.as_str()) && matches(&pieces, &found) {
                    permitted |= methods;
                }
                seen.push(pattern);
            }
            for name in ["one", "many"] {
                check(&policy, name, policy.caller(Proof::Oscore(name)), path, permitted);
            }
            check(&policy, "anonymous", Caller::ANONYMOUS, path, permitted);
            check(&policy, "unnamed", Caller::UNNAMED, path, 0);
        }
    }
}
