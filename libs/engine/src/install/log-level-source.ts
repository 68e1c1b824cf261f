/**
 * A piece of C++ that is compiled into the binding: abseil's `MinLogLevel()`, answered from `TF_CPP_MIN_LOG_LEVEL`.
 *
 * TensorFlow hands that variable to abseil late in its start, and the lines that its libraries write while they are being
 * loaded ("oneDNN custom operations are on …") ignore it. The binding comes before TensorFlow's libraries where symbols
 * are looked up, so that its definition holds for them from their first line. The namespace is that of the abseil in
 * TensorFlow 2.21; with another one this does nothing, and the lines are written.
 */
export const LOG_LEVEL_SOURCE = `
#include <cstdlib>

namespace absl {
inline namespace lts_20250814 {

enum class LogSeverityAtLeast : int {};

__attribute__((visibility("default"))) LogSeverityAtLeast MinLogLevel() {
  static const int level = [] {
    const char* text = std::getenv("TF_CPP_MIN_LOG_LEVEL");
    return text == nullptr ? 0 : std::atoi(text);
  }();
  return static_cast<LogSeverityAtLeast>(level);
}

}  // namespace lts_20250814
}  // namespace absl
`;
