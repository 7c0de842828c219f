use serde_json::{Value, json};

use crate::Filter;

#[test]
fn the_short_form_says_what_the_json_form_says() {
    for (short, json) in [
        ("", json!({})),
        ("is:down", json!({"health_status": "unhealthy"})),
        ("is:sign-in", json!({"health_status": "needs_sign_in"})),
        ("is!=down", json!({"health_status": {"$ne": "unhealthy"}})),
        ("is:(down, degraded)", json!({"health_status": {"$in": ["unhealthy", "degraded"]}})),
        ("-is:paused", json!({"$not": {"health_status": "paused"}})),
        ("region:eu", json!({"region": "eu"})),
        ("region=eu", json!({"region": "eu"})),
        ("region==eu", json!({"region": "eu"})),
        ("region!=eu", json!({"region": {"$ne": "eu"}})),
        ("region:(eu,us)", json!({"region": {"$in": ["eu", "us"]}})),
        ("name:zoo*", json!({"name": {"$regex": "(?si)^zoo.*$"}})),
        ("name!=zoo*", json!({"$not": {"name": {"$regex": "(?si)^zoo.*$"}}})),
        ("name:\"zoo*\"", json!({"name": "zoo*"})),
        ("capability:*weather.now", json!({"capabilities": {"$regex": "(?si)^.*weather[._/-]now$"}})),
        (
            "region:(eu*,us)",
            json!({"$or": [{"region": {"$in": ["us"]}}, {"region": {"$regex": "(?si)^eu.*$"}}]}),
        ),
        ("region:()", json!({"region": {"$in": []}})),
        ("region!=(eu,us)", json!({"region": {"$nin": ["eu", "us"]}})),
        ("metadata.priority>=8", json!({"metadata.priority": {"$gte": 8}})),
        ("priority:>=8", json!({"metadata.priority": {"$gte": 8}})),
        ("tools>2 tools<9", json!({"tools": {"$gt": 2, "$lt": 9}})),
        ("score<=0.5", json!({"score": {"$lte": 0.5}})),
        ("has:region", json!({"region": {"$exists": true}})),
        ("-has:region", json!({"region": {"$exists": false}})),
        ("has:metadata.a.b", json!({"a.b": {"$exists": true}})),
        ("name~/^weather-/", json!({"name": {"$regex": "^weather-"}})),
        ("url~/:\\/\\/a/", json!({"url": {"$regex": "://a"}})),
        ("name~\"a/b\"", json!({"name": {"$regex": "a/b"}})),
        ("gpu:true", json!({"gpu": true})),
        ("gpu:\"true\"", json!({"gpu": "true"})),
        ("x:null", json!({"x": null})),
        ("x:-1.5e3", json!({"x": -1500.0})),
        ("x::", json!({"x": ":"})),
        ("x:=a", json!({"x": "=a"})),
        ("x:08", json!({"x": "08"})),
        ("x:\"\"", json!({"x": ""})),
        ("x:\"a \\\"b\\\" \\n\"", json!({"x": "a \"b\" \n"})),
        ("\"a key\":1", json!({"a key": 1})),
        ("url:http://localhost:8080/mcp", json!({"url": "http://localhost:8080/mcp"})),
        ("weather", json!({"$text": "weather"})),
        ("\"two words\"", json!({"$text": "two words"})),
        ("\"or\"", json!({"$text": "or"})),
        ("oregon", json!({"$text": "oregon"})),
        ("http://localhost:8080", json!({"$text": "http://localhost:8080"})),
        ("localhost:8080", json!({"$text": "localhost:8080"})),
        ("127.0.0.1:8080", json!({"$text": "127.0.0.1:8080"})),
        ("a or b", json!({"$or": [{"$text": "a"}, {"$text": "b"}]})),
        ("a OR b", json!({"$or": [{"$text": "a"}, {"$text": "b"}]})),
        ("a and b", json!({"$and": [{"$text": "a"}, {"$text": "b"}]})),
        ("x:1 y:2 or z:3", json!({"$or": [{"x": 1, "y": 2}, {"z": 3}]})),
        ("x:1 (y:2 or z:3)", json!({"x": 1, "$or": [{"y": 2}, {"z": 3}]})),
        ("-(x:1 y:2)", json!({"$not": {"x": 1, "y": 2}})),
        ("not (x:1 or y:2)", json!({"$not": {"$or": [{"x": 1}, {"y": 2}]}})),
        ("not x:1", json!({"$not": {"x": 1}})),
        ("--x:1", json!({"$not": {"$not": {"x": 1}}})),
        ("-()", json!({"$not": {}})),
        ("((x:1))", json!({"x": 1})),
        (
            "is:down region:eu metadata.priority>=8 text",
            json!({"health_status": "down", "region": "eu", "priority": {"$gte": 8}, "$text": "text"}),
        ),
    ] {
        let read = Filter::parse(short).unwrap_or_else(|error| panic!("{short}: {error}"));
        assert_eq!(read, Filter::from_json(&json).unwrap(), "{short}");
        assert_eq!(Filter::parse(&read.to_string()).unwrap(), read, "{short} is written as {read}");
    }
}

#[test]
fn a_filter_is_written_as_people_would() {
    for (json, short) in [
        (json!({"health_status": "unhealthy", "region": "eu"}), "is:down region:eu"),
        (json!({"metadata.priority": {"$gte": 8}}), "metadata.priority>=8"),
        (
            json!({"$or": [{"region": {"$in": ["eu", "us 1"]}}, {"$text": "x y"}]}),
            "region:(eu,\"us 1\") or \"x y\"",
        ),
        (json!({"region": {"$exists": false}}), "-has:region"),
        (json!({"name": {"$regex": "^a"}}), "name~/^a/"),
        (json!({"url": {"$regex": "a/b"}}), "url~\"a/b\""),
    ] {
        assert_eq!(Filter::from_json(&json).unwrap().to_string(), short);
    }
}

#[test]
fn either_form_is_read_from_a_value() {
    let both = [json!("is:down"), json!({"status": "down"})].map(|value| Filter::from_value(&value).unwrap());
    assert_eq!(both[0], both[1]);
    assert!(Filter::from_value(&Value::Null).unwrap().is_everything());
    assert!(Filter::from_value(&json!([1])).is_err());
}
