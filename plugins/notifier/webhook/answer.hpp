// What a receiver's answer, or its absence, means for a delivery (Standard Webhooks 1.0.0, "Deliverability
// and reliability"; RFC 9110 section 10.2.3 of Retry-After).
//
// Threads: pure functions.
#pragma once

#include <paynamed/plugin/v1/notifier.pb.h>

#include <chrono>
#include <optional>
#include <paynamed/http.hpp>
#include <string>
#include <string_view>

namespace paynamed::webhook {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;

inline constexpr std::size_t kMostAnswerBytes = 20'000;

// A header by its name in lower case; empty when it is not there.
std::string header_of(const HttpReply& answer, std::string_view name);

// How long until `value`, a number of seconds or a date of HTTP, not below zero; nothing when it is neither.
std::optional<std::chrono::milliseconds> retry_after(const std::string& value, Time now);

// 2xx took it, 410 and 501 want nothing any more, 429, 502, 503 and 504 are asked too often; everything else
// may be tried again.
plugin::v1::DeliverReply judge(const HttpReply& answer, Time now);

// Of a request that was refused before anything was sent, by what is said of its URL alone (`checked`): what
// is wrong with the URL is for ever, everything else may be mended.
Result<plugin::v1::DeliverReply> judge_refusal(const Error& error, const Result<HttpCheckReply>& checked);

// Of a request without an answer: a reply when the receiver was reached, else the error of the contract.
Result<plugin::v1::DeliverReply> judge(const Error& error);

}  // namespace paynamed::webhook
