#include "case_run.hpp"
#include "cases.hpp"

namespace paynamed::testing {
namespace {

using namespace plugin::v1;

// Nobody has this zone, whoever asks (RFC 6761, section 6.4).
constexpr char kNoZone[] = "no-such-zone.invalid.";

void an_unknown_zone_is_not_found(DnsCaseRun& run) {
  const std::string name = std::string("alice.user._bitcoin-payment.") + kNoZone;
  auto publication = run.creation(name, DnsCaseRun::value("one"));
  publication.set_zone(kNoZone);
  run.expect_code(run.publish(publication, run.new_key()), {Code::kNotFound},
                  "publishing in an unknown zone");
  ReadRequest read;
  read.set_zone(kNoZone);
  read.set_name(name);
  // A DNS server need not tell who asks that a zone is not there.
  run.expect_code(run.call<ReadReply>(run.plugin(), "Read", read),
                  {Code::kNotFound, Code::kPermissionDenied, Code::kUnauthenticated},
                  "reading in an unknown zone");
  auto withdrawal = run.withdrawal(name, DnsCaseRun::value("one"));
  withdrawal.set_zone(kNoZone);
  // Of an undo NOT_FOUND could be taken for "nothing is left".
  run.expect_code(run.withdraw(withdrawal, run.new_key()), {Code::kNotFound, Code::kFailedPrecondition},
                  "withdrawing in an unknown zone");
}

void a_name_outside_the_zone_is_refused(DnsCaseRun& run) {
  for (const std::string& name :
       {std::string("alice.user._bitcoin-payment.elsewhere.invalid."), "not" + run.zone().apex()}) {
    run.expect_code(run.publish(run.creation(name, DnsCaseRun::value("one")), run.new_key()),
                    {Code::kInvalidArgument}, "publishing at a name outside the zone");
    run.expect_code(run.withdraw(run.withdrawal(name, DnsCaseRun::value("one")), run.new_key()),
                    {Code::kInvalidArgument}, "withdrawing at a name outside the zone");
    ReadRequest read;
    read.set_zone(run.zone().apex());
    read.set_name(name);
    run.expect_code(run.call<ReadReply>(run.plugin(), "Read", read), {Code::kInvalidArgument},
                    "reading a name outside the zone");
  }
}

void what_is_no_name_is_refused(DnsCaseRun& run) {
  const std::string apex = run.zone().apex();
  for (const std::string& name : {std::string(), "a..b." + apex, std::string(64, 'a') + "." + apex,
                                  "alice/../bob?x=1#y." + apex + "x"}) {
    run.expect_code(run.publish(run.creation(name, DnsCaseRun::value("one")), run.new_key()),
                    {Code::kInvalidArgument}, "publishing at \"" + name + "\"");
  }
}

void wrong_credentials_are_told_and_kept_secret(DnsCaseRun& run) {
  DnsCaller* stranger = run.subject().plugin_with_wrong_credentials();
  if (stranger == nullptr) DnsCaseRun::skip("the fixture has no instance with wrong credentials");
  const std::string name = run.new_name();
  const auto refused = run.call<PublishReply>(*stranger, "Publish",
                                              run.creation(name, DnsCaseRun::value("one")), run.new_key());
  run.expect_code(refused, {Code::kUnauthenticated, Code::kPermissionDenied},
                  "publishing with wrong credentials");
  run.expect_zone(name, {}, "after the refusal");
  run.given(name, DnsCaseRun::value("two"));
  run.expect_code(run.call<WithdrawReply>(*stranger, "Withdraw",
                                          run.withdrawal(name, DnsCaseRun::value("two")), run.new_key()),
                  {Code::kUnauthenticated, Code::kPermissionDenied}, "withdrawing with wrong credentials");
  run.expect_zone(name, {DnsCaseRun::value("two")}, "after the refusal");
}

void bytes_that_are_no_request_are_refused(DnsCaseRun& run) {
  const std::vector<DnsCall> calls = {
      {"Publish", "\xff\xff\xff\xff", "k", std::chrono::seconds(60)},
      {"Withdraw", std::string("\x0a\x7f", 2), "k", std::chrono::seconds(60)},
      {"Read", "\x08", "", std::chrono::seconds(60)},
  };
  const auto answers = run.plugin().call_all(calls);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    run.expect_code(answers.at(i), {Code::kInvalidArgument},
                    "bytes that are no " + calls[i].method + "Request");
  }
  run.expect_code(run.plugin().call_all({{"Frobnicate", "", "", std::chrono::seconds(60)}}).at(0),
                  {Code::kUnimplemented}, "a method that the contract does not have");
}

}  // namespace

std::vector<DnsCase> refusal_cases() {
  return {
      {"AnUnknownZoneIsNotFound", an_unknown_zone_is_not_found},
      {"ANameOutsideTheZoneIsRefused", a_name_outside_the_zone_is_refused},
      {"WhatIsNoNameIsRefused", what_is_no_name_is_refused},
      {"WrongCredentialsAreToldAndKeptSecret", wrong_credentials_are_told_and_kept_secret},
      {"BytesThatAreNoRequestAreRefused", bytes_that_are_no_request_are_refused},
  };
}

}  // namespace paynamed::testing
