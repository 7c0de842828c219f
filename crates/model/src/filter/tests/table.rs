use serde_json::{Value, json};

use super::{bare, passes, weather};

#[track_caller]
fn holds(cases: &[Value]) {
    for filter in cases {
        assert!(passes(&weather(), filter), "{filter} should pass");
    }
}

#[track_caller]
fn fails(cases: &[Value]) {
    for filter in cases {
        assert!(!passes(&weather(), filter), "{filter} should not pass");
    }
}

#[test]
fn every_own_field_is_found() {
    holds(&[
        json!({"id": weather().info.id.to_string()}),
        json!({"name": "Weather USW2"}),
        json!({"transport": "http"}),
        json!({"url": "http://localhost:8080"}),
        json!({"endpoint": "http://127.0.0.1:8080/mcp"}),
        json!({"health_status": "degraded"}),
        json!({"status": "degraded"}),
        json!({"health.status": "degraded"}),
        json!({"region": "us-west-2"}),
        json!({"auth_required": true}),
        json!({"paused": false}),
        json!({"version": "2.1.0"}),
        json!({"server_version": "1.4"}),
        json!({"protocol_version": "2026-07-28"}),
        json!({"era": "modern"}),
        json!({"source": "scan"}),
        json!({"tools": 2}),
        json!({"resources": 1}),
        json!({"prompts": 1}),
        json!({"last_seen": 1_700_000_000_000_i64}),
        json!({"response_time": 120.5}),
        json!({"response_time_ms": {"$lt": 121}}),
        json!({"score": 0.75}),
        json!({"created_at": 1000}),
        json!({"updated_at": 1000}),
    ]);
    assert!(passes(&bare(), &json!({"command": "npx", "transport": "stdio", "source": "manual"})));
    assert!(passes(&bare(), &json!({"health_status": "unknown", "score": 0.5, "tools": 0})));
}

#[test]
fn a_key_is_an_own_field_then_a_path_in_the_metadata_then_a_bare_key_of_it() {
    holds(&[
        json!({"name": {"$ne": "from the metadata"}}),
        json!({"metadata.name": "from the metadata"}),
        json!({"metadata.priority": 9}),
        json!({"priority": 9}),
        json!({"metadata.limits.memory.gb": 64}),
        json!({"limits.memory.gb": 64}),
        json!({"topology.kubernetes.io/zone": "usw2-a"}),
        json!({"metadata.topology.kubernetes.io/zone": "usw2-a"}),
        json!({"metadata.disks.size": 500}),
        json!({"disks.size": {"$lt": 20}}),
    ]);
    fails(&[
        json!({"name": "from the metadata"}),
        json!({"metadata.limits.memory": 64}),
        json!({"disks.size": 11}),
        json!({"limits.memory.gb.x": {"$exists": true}}),
    ]);
}

#[test]
fn eq_and_ne() {
    holds(&[
        json!({"priority": {"$eq": 9}}),
        json!({"priority": 9.0}),
        json!({"ratio": 0.5}),
        json!({"priority": {"$ne": 8}}),
        json!({"beta": false}),
        json!({"nothing": null}),
        json!({"big": 9_007_199_254_740_993_i64}),
        json!({"big": {"$ne": 9_007_199_254_740_992_i64}}),
    ]);
    fails(&[
        json!({"priority": {"$eq": 8}}),
        json!({"priority": {"$ne": 9}}),
        json!({"priority": "9"}),
        json!({"region": "US-WEST-2"}),
        json!({"beta": "false"}),
        json!({"beta": 0}),
        json!({"nothing": false}),
        json!({"nothing": {"$ne": null}}),
        json!({"limits": "x"}),
    ]);
}

#[test]
fn ordering_compares_numbers_with_numbers_and_text_with_text() {
    holds(&[
        json!({"priority": {"$gt": 8}}),
        json!({"priority": {"$gte": 9}}),
        json!({"priority": {"$lt": 9.5}}),
        json!({"priority": {"$lte": 9}}),
        json!({"priority": {"$gte": 8, "$lt": 10}}),
        json!({"region": {"$gt": "eu", "$lt": "us-west-3"}}),
        json!({"big": {"$gt": 9_007_199_254_740_992_i64}}),
    ]);
    fails(&[
        json!({"priority": {"$gt": 9}}),
        json!({"priority": {"$lt": 9}}),
        json!({"priority": {"$gt": "8"}}),
        json!({"region": {"$gt": 5}}),
        json!({"nothing": {"$lte": 1}}),
        json!({"beta": {"$gte": 0}}),
        json!({"limits": {"$gt": 0}}),
    ]);
}

#[test]
fn membership() {
    holds(&[
        json!({"region": {"$in": ["eu", "us-west-2"]}}),
        json!({"region": {"$nin": ["eu", "us"]}}),
        json!({"region": {"$nin": []}}),
        json!({"priority": {"$in": [1, 9, "x", null, true]}}),
        json!({"nothing": {"$in": [null]}}),
    ]);
    fails(&[
        json!({"region": {"$in": ["eu"]}}),
        json!({"region": {"$in": []}}),
        json!({"region": {"$nin": ["eu", "us-west-2"]}}),
    ]);
}

#[test]
fn a_missing_field_passes_only_ne_nin_and_not_exists() {
    holds(&[
        json!({"colour": {"$ne": "red"}}),
        json!({"colour": {"$nin": ["red"]}}),
        json!({"colour": {"$exists": false}}),
        json!({"command": {"$exists": false}}),
        json!({"limits.memory.mb": {"$exists": false}}),
        json!({"colour": {"$not": {"$eq": "red"}}}),
    ]);
    fails(&[
        json!({"colour": "red"}),
        json!({"colour": null}),
        json!({"colour": {"$gt": 1}}),
        json!({"colour": {"$gte": 1}}),
        json!({"colour": {"$lt": 1}}),
        json!({"colour": {"$lte": ""}}),
        json!({"colour": {"$in": [null, "red"]}}),
        json!({"colour": {"$exists": true}}),
        json!({"colour": {"$regex": ""}}),
        json!({"command": null}),
    ]);
    let nothing =
        ["era", "version", "server_version", "response_time", "last_seen", "url", "args", "capabilities"];
    for key in nothing {
        assert!(passes(&bare(), &json!({ key: {"$exists": false} })), "{key} is missing");
        assert!(passes(&bare(), &json!({ key: {"$ne": 1} })), "{key} is missing");
    }
}

#[test]
fn exists_counts_null_and_empty_lists_of_the_metadata() {
    holds(&[
        json!({"nothing": {"$exists": true}}),
        json!({"empty": {"$exists": true}}),
        json!({"limits": {"$exists": true}}),
        json!({"tools": {"$exists": true}}),
        json!({"capabilities": {"$exists": true}}),
    ]);
}

#[test]
fn a_list_passes_when_any_element_does() {
    holds(&[
        json!({"tags": "batch"}),
        json!({"tags": 7}),
        json!({"tags": {"$in": ["x", "async"]}}),
        json!({"tags": {"$regex": "^asy"}}),
        json!({"tags": {"$gt": 5}}),
        json!({"tags": {"$ne": "streaming"}}),
        json!({"tags": {"$nin": ["x", "y"]}}),
        json!({"empty": {"$ne": 1}}),
    ]);
    fails(&[
        json!({"tags": "streaming"}),
        json!({"tags": {"$ne": "batch"}}),
        json!({"tags": {"$nin": ["batch"]}}),
        json!({"empty": null}),
        json!({"empty": {"$in": [1, null]}}),
    ]);
}

#[test]
fn text_that_says_a_number_or_a_truth_value_is_one() {
    holds(&[
        json!({"capacity": 12}),
        json!({"capacity": {"$gte": 9}}),
        json!({"capacity": "12"}),
        json!({"gpu": true}),
        json!({"gpu": "true"}),
        json!({"limits.cpu": {"$lt": 10}}),
        json!({"capabilities": 42}),
        json!({"server_version": {"$lt": 1.5}}),
    ]);
    fails(&[
        json!({"capacity": {"$lt": 9}}),
        json!({"gpu": false}),
        json!({"gpu": 1}),
        json!({"version": {"$gt": 2}}),
        json!({"region": {"$lt": 5}}),
    ]);
}

#[test]
fn regex_is_found_anywhere_in_a_text() {
    holds(&[
        json!({"name": {"$regex": "USW"}}),
        json!({"name": {"$regex": "(?i)^weather"}}),
        json!({"url": {"$regex": ":80\\d\\d$"}}),
        json!({"capabilities": {"$regex": "^get_"}}),
        json!({"capabilities": {"$regex": "^resource:file:///Data/"}}),
        json!({"region": {"$regex": "^us-", "$ne": "us-east-1"}}),
    ]);
    fails(&[
        json!({"name": {"$regex": "^usw"}}),
        json!({"priority": {"$regex": "9"}}),
        json!({"beta": {"$regex": ""}}),
    ]);
}

#[test]
fn capabilities_are_compared_after_folding() {
    holds(&[
        json!({"capabilities": "get.forecast"}),
        json!({"capabilities": "GET-FORECAST"}),
        json!({"capabilities": "alerts.list"}),
        json!({"capability": "weather/current"}),
        json!({"capabilities": "weather-usw2.get_forecast"}),
        json!({"capabilities": "prompt:trip.plan"}),
        json!({"capabilities": "resource:file:///Data/A_b"}),
        json!({"capabilities": {"$in": ["none", "blue"]}}),
    ]);
    fails(&[
        json!({"capabilities": "get"}),
        json!({"capabilities": "resource:file:///data/a.b"}),
        json!({"capabilities": {"$ne": "get.forecast"}}),
        json!({"capabilities": "other.get_forecast"}),
    ]);
}

#[test]
fn connectives_nest() {
    holds(&[
        json!({}),
        json!({"region": "us-west-2", "priority": 9}),
        json!({"$and": [{"priority": {"$gt": 1}}, {"priority": {"$lt": 10}}]}),
        json!({"$or": [{"region": "eu"}, {"priority": 9}]}),
        json!({"$not": {"region": "eu"}}),
        json!({"$not": {"region": "us-west-2", "priority": 1}}),
        json!({"priority": {"$not": {"$gt": 9}}}),
        json!({"priority": {"$gt": 1, "$not": {"$in": [1, 2]}}}),
        json!({"$and": [{"$or": [{"a": 1}, {"$not": {"b": {"$exists": true}}}]}, {"$or": [{"priority": 9}, {"c": 1}]}]}),
        json!({"$or": [{"$or": [{"a": 1}, {"b": 1}]}, {"$and": [{"priority": 9}, {}]}]}),
        json!({"priority": 9, "$or": [{"region": "x"}, {"tools": 2}], "$not": {"paused": true}}),
    ]);
    fails(&[
        json!({"region": "us-west-2", "priority": 8}),
        json!({"$or": [{"region": "eu"}, {"priority": 8}]}),
        json!({"$not": {}}),
        json!({"$not": {"$or": [{"priority": 9}, {"region": "eu"}]}}),
        json!({"priority": {"$not": {"$gt": 1, "$lt": 10}}}),
    ]);
}

#[test]
fn text_is_looked_for_in_names_addresses_and_capabilities() {
    holds(&[
        json!({"$text": "weather"}),
        json!({"$text": "usw2"}),
        json!({"$text": "LOCALHOST:8080"}),
        json!({"$text": "127.0.0.1"}),
        json!({"$text": "forecast"}),
        json!({"$text": "trip_plan"}),
        json!({"$text": "data/a_b"}),
        json!({"$and": [{"$text": "blue"}, {"$text": "usw"}]}),
    ]);
    fails(&[json!({"$text": "us-west-2"}), json!({"$text": "npx"})]);
    assert!(passes(&bare(), &json!({"$text": "NPX"})));
}

#[test]
fn a_status_is_known_by_every_one_of_its_words() {
    for word in ["degraded", "Degraded", "DEGRADED"] {
        assert!(passes(&weather(), &json!({"health_status": word})));
    }
    let mut down = weather();
    down.health.status = crate::HealthStatus::Unhealthy;
    for word in ["unhealthy", "down", "Down"] {
        assert!(passes(&down, &json!({"health_status": word})));
    }
    assert!(passes(&down, &json!({"health_status": {"$in": ["healthy", "down"]}})));
    assert!(!passes(&down, &json!({"health_status": {"$ne": "down"}})));
    assert!(!passes(&weather(), &json!({"health_status": "healthy"})), "degraded is not healthy");
}

#[test]
fn the_filters_of_the_guide_mean_what_they_say() {
    let mut server = weather();
    server.health.status = crate::HealthStatus::Healthy;
    assert!(passes(&server, &json!({"health_status": "healthy", "region": "us-west-2"})));
    assert!(passes(&server, &json!({"metadata.priority": {"$gte": 8}})));
    assert!(!passes(&server, &json!({"health_status": "unhealthy"})));
}
