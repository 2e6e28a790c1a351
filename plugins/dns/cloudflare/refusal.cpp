#include "refusal.hpp"

#include <algorithm>
#include <array>

namespace paynamed::cloudflare {
namespace {

struct Known {
  std::int64_t code;
  Code status;
  const char* sentence;
};

constexpr std::array kKnown = {
    Known{81053, Code::kFailedPrecondition,
          "Other records stand at the name, which a CNAME does not allow; remove them from the zone."},
    Known{81054, Code::kFailedPrecondition, "The name has a CNAME; remove it from the zone."},
    Known{kQuotaExceeded, Code::kFailedPrecondition,
          "The zone has as many records as its Cloudflare plan allows; remove records, choose a larger plan, "
          "or "
          "move the names to a zone of their own elsewhere."},
    Known{kRecordMissing, Code::kAborted, "The record was removed by somebody else meanwhile."},
    Known{kRecordExists, Code::kAborted, "The record was made by somebody else meanwhile."},
    Known{kIdenticalRecord, Code::kAborted, "The record was made by somebody else meanwhile."},
    Known{7003, Code::kNotFound, "Cloudflare does not have the zone; check \"zone_id\" and the domain."},
    Known{1001, Code::kUnauthenticated,
          "Cloudflare did not get the API token; write it anew into the secret \"api_token\"."},
    Known{6003, Code::kUnauthenticated,
          "The API token is malformed; write the token alone, not a Global API Key, into the secret "
          "\"api_token\"."},
    Known{1000, Code::kUnauthenticated,
          "Cloudflare does not know the API token; make one under My Profile > API Tokens and write it into "
          "the "
          "secret \"api_token\". A token that belongs to an account needs \"account_id\", too."},
    Known{9109, Code::kUnauthenticated,
          "Cloudflare does not accept the API token; make one under My Profile > API Tokens and write it "
          "into the "
          "secret \"api_token\"."},
    Known{10000, Code::kUnauthenticated,
          "Cloudflare refuses the API token; look under My Profile > API Tokens whether it is active, and "
          "whether "
          "its client IP filter lets this host through."},
};

std::string words_of(const Answer& answer) {
  std::string words;
  for (const auto& error : answer.errors) {
    if (!words.empty()) words += ", ";
    words += std::to_string(error.code) + " " + error.message;
  }
  return words.empty() ? "HTTP " + std::to_string(answer.status) : words;
}

}  // namespace

bool is_about_token(const Answer& answer) {
  return answer.status == 401 || answer.status == 403 || answer.has_error(10000) || answer.has_error(9109) ||
         answer.has_error(6003);
}

Error refusal_of(const Answer& answer) {
  for (const auto& known : kKnown) {
    if (answer.has_error(known.code)) return Error(known.status, known.sentence, words_of(answer));
  }
  if (is_about_token(answer)) {
    return Error(Code::kPermissionDenied, "Cloudflare refuses the request: " + words_of(answer) + ".");
  }
  return Error(Code::kInvalidArgument, "Cloudflare does not take the request: " + words_of(answer) + ".");
}

Error lacks(Permission permission, const Answer& answer) {
  const char* what = permission == Permission::kZoneRead  ? "Zone > Zone > Read"
                     : permission == Permission::kDnsRead ? "Zone > DNS > Read (Edit includes it)"
                                                          : "Zone > DNS > Edit";
  return Error(Code::kPermissionDenied,
               std::string("The API token lacks the permission ") + what +
                   " for this zone; add it under My Profile > API Tokens > Edit, and see that Zone Resources "
                   "include the zone.",
               words_of(answer));
}

}  // namespace paynamed::cloudflare
