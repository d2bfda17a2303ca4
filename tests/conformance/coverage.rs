//! Every scenario of `vectors/malformed.json` has a test, or a reason why it has none.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

/// Scenarios and the tests that show them: file below `tests`, or below the workspace, and function.
const SHOWN: &[(&str, &str, &str)] = &[
    (
        "S001",
        "conformance/rfc7252_duplicates.rs",
        "section_4_5_a_repeated_post_is_executed_once_and_answered_by_the_same_bytes",
    ),
    ("S001", "end_to_end/duplicates.rs", "a_post_creates_one_child"),
    ("S003", "conformance/scenarios.rs", "s011_the_clock_may_start_anywhere"),
    ("S004", "conformance/rfc7252_duplicates.rs", "section_4_5_the_message_id_alone_names_a_duplicate"),
    (
        "S007",
        "conformance/rfc7252_duplicates.rs",
        "section_4_5_beyond_its_memory_a_post_is_refused_and_everything_else_served",
    ),
    ("S009", "conformance/scenarios.rs", "s009_message_ids_run_out_before_one_is_used_twice"),
    ("S010", "conformance/scenarios.rs", "s010_seventy_thousand_exchanges_pass_the_end_of_the_ids"),
    ("S011", "conformance/scenarios.rs", "s011_the_clock_may_start_anywhere"),
    ("S013", "conformance/scenarios.rs", "s013_a_reset_to_a_notification_is_not_answered"),
    ("S016", "conformance/scenarios.rs", "s016_two_endpoints_do_not_reset_each_other_for_ever"),
    ("S017", "conformance/scenarios.rs", "s017_an_acknowledgement_with_a_token_is_none"),
    (
        "S020",
        "conformance/rfc7252_client.rs",
        "section_5_2_2_a_separate_response_stands_for_the_acknowledgement_that_was_lost",
    ),
    (
        "S021",
        "conformance/rfc7252_messages.rs",
        "section_11_3_a_flood_of_pings_gets_few_resets_and_silences_no_one_else",
    ),
    ("S021", "end_to_end/scenarios.rs", "s021_a_flood_of_pings_keeps_nobody_out"),
    ("S024", "conformance/rfc9175.rs", "section_2_3_a_value_is_good_for_its_client_and_its_time_only"),
    ("S025", "conformance/rfc9175.rs", "section_2_3_a_value_is_good_for_its_client_and_its_time_only"),
    ("S026", "conformance/crowds.rs", "s026_a_spoofed_observer_costs_one_notification"),
    ("S027", "conformance/scenarios.rs", "s027_one_peer_with_many_tokens_gets_its_share"),
    ("S028", "conformance/rfc7641.rs", "section_4_1_the_same_token_renews_and_another_adds"),
    (
        "S029",
        "conformance/rfc7641.rs",
        "section_4_5_a_silent_observer_is_removed_after_the_last_retransmission",
    ),
    (
        "S029",
        "conformance/rfc7641.rs",
        "section_4_5_at_least_every_16th_notification_and_one_a_day_is_confirmable",
    ),
    ("S030", "conformance/scenarios.rs", "s030_an_observer_with_a_new_port_is_another_and_the_old_one_dies"),
    ("S031", "conformance/scenarios.rs", "s031_a_token_of_an_observation_in_another_request_is_echoed"),
    ("S033", "conformance/rfc7252_multicast.rs", "section_8_2_errors_are_not_told"),
    ("S033", "end_to_end/multicast.rs", "errors_confirmable_requests_and_pings_to_the_group_meet_silence"),
    (
        "S034",
        "conformance/rfc7252_multicast.rs",
        "rfc_6690_section_4_1_discovery_that_finds_nothing_is_not_told",
    ),
    ("S034", "conformance/rfc7252_multicast.rs", "section_8_2_the_delay_is_random_within_the_leisure"),
    ("S036", "conformance/rfc7252_multicast.rs", "section_8_2_observe_to_a_group_registers_nobody"),
    ("S037", "conformance/scenarios.rs", "s037_half_open_uploads_fill_no_more_than_there_is"),
    ("S037", "end_to_end/scenarios.rs", "s037_half_open_uploads_fill_no_more_than_there_is"),
    ("S041", "conformance/rfc7959.rs", "section_2_9_2_a_gap_or_another_format_makes_the_body_incomplete"),
    ("S042", "end_to_end/scenarios.rs", "s042_bodies_of_two_senders_and_two_tags_are_never_mixed"),
    ("S044", "conformance/rfc7959.rs", "section_2_4_a_client_notices_that_the_resource_changed"),
    ("S044", "end_to_end/blocks.rs", "blocks_of_different_states_are_told_apart"),
    ("S045", "conformance/crowds.rs", "s045_downloads_that_stop_leave_nothing_behind"),
    (
        "S046",
        "conformance/rfc8613_endpoint.rs",
        "s046_a_protected_message_that_was_cut_on_the_way_is_too_large",
    ),
    ("S046", "end_to_end/oscore/outer.rs", "senders_are_apart_and_what_is_missing_or_too_much_is_refused"),
    ("S048", "conformance/rfc8613_power.rs", "s048_ten_thousand_power_cuts_repeat_no_nonce"),
    ("S050", "conformance/rfc8613_refusals.rs", "s050_the_last_sequence_number_is_used_once"),
    ("S051", "conformance/rfc8613_refusals.rs", "s051_a_forged_number_ahead_of_the_window_moves_nothing"),
    ("S058", "end_to_end/scenarios.rs", "s058_clients_that_are_gone_do_not_end_the_server"),
    ("S059", "../server/src/serve/socket/tests.rs", "what_cannot_be_sent_is_lost_and_the_socket_goes_on"),
    ("S060", "conformance/scenarios.rs", "s060_a_response_of_any_size_goes_in_blocks"),
    ("S065", "end_to_end/policy.rs", "s065_what_may_not_be_seen_looks_like_what_is_not_there"),
    ("S065", "end_to_end/policy.rs", "discovery_and_collections_show_what_may_be_read"),
    ("S062", "end_to_end/http/mapping.rs", "s062_paths_are_decoded_once_and_never_normalized"),
    ("S063", "end_to_end/http/policy.rs", "s063_each_kind_of_stranger_has_an_answer_of_its_own"),
    (
        "S066",
        "../server/src/serve/guard/tests.rs",
        "a_panic_is_5_00_with_a_problem_and_the_next_request_is_served",
    ),
    ("S066", "firmware/failures.rs", "a_board_that_fails_starts_anew_and_says_why"),
    ("S067", "end_to_end/scenarios.rs", "s067_a_full_disk_is_told_and_loses_nothing"),
    ("S067", "../server/src/store/sqlite/tests.rs", "full_disk_refuses_the_batch_and_nothing_else"),
    ("S067", "end_to_end/configuration.rs", "a_corrupt_store_is_named"),
    ("S068", "end_to_end/durability.rs", "acknowledged_writes_survive_a_kill"),
    ("S069", "end_to_end/scenarios.rs", "s069_a_server_that_stops_tells_its_observers"),
    ("S069", "end_to_end/http/stream.rs", "s069_a_server_that_stops_ends_its_streams"),
];

const EDHOC: &str = "there is no EDHOC yet";
const DTLS: &str = "there is no DTLS yet";

/// Scenarios without a test, and why.
const NOT_SHOWN: &[(&str, &str)] = &[("S053", EDHOC), ("S054", EDHOC), ("S055", DTLS), ("S057", DTLS)];

fn scenarios() -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/malformed.json");
    let text = std::fs::read_to_string(path).expect("vectors/malformed.json is part of the repository");
    let file: Value = serde_json::from_str(&text).expect("it is JSON");
    let all = file["scenarios"].as_array().expect("it has scenarios");
    all.iter().map(|scenario| scenario["id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn every_scenario_has_a_test_or_a_reason() {
    let known = scenarios();
    let shown: BTreeSet<_> = SHOWN.iter().map(|(id, ..)| (*id).to_owned()).collect();
    let not_shown: BTreeSet<_> = NOT_SHOWN.iter().map(|(id, _)| (*id).to_owned()).collect();
    let both: BTreeSet<_> = shown.union(&not_shown).cloned().collect();
    assert_eq!(both, known, "each scenario stands in one of the lists");
    assert_eq!(shown.intersection(&not_shown).count(), 0, "a scenario with a test needs no reason");
    assert!(NOT_SHOWN.iter().all(|(_, reason)| !reason.is_empty()));
}

#[test]
fn every_test_that_is_named_exists() {
    for (id, file, function) in SHOWN {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{id}: {file}: {error}"));
        assert!(text.contains(&format!("#[test]\nfn {function}()")), "{id}: {file} has no test {function}");
    }
}
