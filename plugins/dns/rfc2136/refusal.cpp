#include "refusal.hpp"

#include <ctime>
#include <paynamed/error.hpp>

namespace paynamed::rfc2136 {
namespace {

// RFC 2136 section 2.2 and RFC 8945 section 3.
constexpr int kFormErr = 1;
constexpr int kServFail = 2;
constexpr int kNxDomain = 3;
constexpr int kNotImp = 4;
constexpr int kRefused = 5;
constexpr int kYxDomain = 6;
constexpr int kYxRrset = 7;
constexpr int kNxRrset = 8;
constexpr int kNotAuth = 9;
constexpr int kNotZone = 10;
constexpr int kBadSig = 16;
constexpr int kBadKey = 17;
constexpr int kBadTime = 18;

std::string utc(std::int64_t seconds) {
  const auto when = static_cast<std::time_t>(seconds);
  std::tm parts{};
  char text[32] = {};
  if (gmtime_r(&when, &parts) == nullptr ||
      std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
    return std::to_string(seconds);
  }
  return text;
}

// "2 h 0 min 5 s".
std::string length_of(std::int64_t seconds) {
  std::string text;
  if (seconds >= 86'400) text += std::to_string(seconds / 86'400) + " d ";
  if (seconds >= 3'600) text += std::to_string(seconds / 3'600 % 24) + " h ";
  if (seconds >= 60) text += std::to_string(seconds / 60 % 60) + " min ";
  return text + std::to_string(seconds % 60) + " s";
}

// RFC 8945 section 5.2.3: the server says its time, signed. Our time is the one that the message was signed
// with.
std::string clocks(const Answer& answer, const Message& message) {
  const std::string here = "here it was " + utc(message.signed_at);
  if (answer.server_time == 0) return here + ", and the server does not say what it has";
  const std::int64_t ahead = answer.server_time - message.signed_at;
  return "the server's clock is " + length_of(ahead < 0 ? -ahead : ahead) +
         (ahead < 0 ? " behind" : " ahead of") + " this machine's (" + here + ", there " +
         utc(answer.server_time) + (answer.is_signed ? ")" : ", which is not signed)");
}

}  // namespace

bool is_unmet_prerequisite(const Answer& answer) {
  return answer.tsig_error == 0 && (answer.rcode == kYxRrset || answer.rcode == kNxRrset ||
                                    answer.rcode == kYxDomain || answer.rcode == kNxDomain);
}

void throw_refusal(const Answer& answer, const Asked& asked) {
  const std::string server = "The DNS server " + asked.server;
  const std::string& key = asked.key.name;
  switch (answer.tsig_error) {
    case kBadSig:
      throw Error(Code::kUnauthenticated,
                  server + " says that our signature is wrong (BADSIG): the secret of " + "the key " + key +
                      " differs from the server's; enter the server's secret.");
    case kBadKey:
      throw Error(Code::kUnauthenticated, server + " does not take the key " + key +
                                              " (BADKEY): it does not know the key with " +
                                              asked.key.algorithm + ", or does not let it " +
                                              (asked.update ? "change this name in " : "read ") + asked.zone +
                                              "; check the key's name, algorithm and access rules.");
    case kBadTime:
      throw Error(Code::kUnauthenticated, server + " says that the clocks differ too much (BADTIME): " +
                                              clocks(answer, asked.message) +
                                              "; set the clock that is wrong.");
    case 0:
      break;
    default:
      throw Error(Code::kUnauthenticated, server + " refuses our signature with TSIG error " +
                                              std::to_string(answer.tsig_error) + ".");
  }
  switch (answer.rcode) {
    case kRefused:
      throw Error(Code::kPermissionDenied, server + " refuses (REFUSED); let the key " + key +
                                               (asked.update ? " change TXT records of " : " read ") +
                                               asked.zone + ".");
    case kNotAuth:
      throw Error(Code::kNotFound,
                  server + " does not have the zone " + asked.zone +
                      " as its primary (NOTAUTH); set \"server\" to the primary or check the zone.");
    case kNotZone:
      throw Error(Code::kInvalidArgument,
                  server + " says that the name is not in the zone " + asked.zone + " (NOTZONE).");
    case kNotImp:
      throw Error(Code::kFailedPrecondition,
                  server + " does not take dynamic updates (NOTIMP); switch them on.");
    case kFormErr:
      throw Error(Code::kFailedPrecondition, server + " does not understand our message (FORMERR).");
    case kServFail:
      throw Error(Code::kInternal, server + " failed (SERVFAIL); look at its log.");
    default:
      throw Error(Code::kInternal, server + " answered with code " + std::to_string(answer.rcode) + ".");
  }
}

}  // namespace paynamed::rfc2136
