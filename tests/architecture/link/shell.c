/* What the board needs to be linked: values the compiler cannot foresee. The heap is missing on purpose. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

volatile size_t unforeseen;
void a_panic_is_reachable(void) { abort(); }
void rust_eh_personality(void) {}
void send(const uint8_t *bytes, size_t length) { unforeseen += bytes[0] + length; }
size_t receive(uint8_t *bytes, size_t capacity) {
  for (size_t i = 0; i < capacity; i++) bytes[i] = (uint8_t)unforeseen;
  return unforeseen;
}
uint64_t microseconds(void) { return unforeseen; }
void serve(uint16_t port, uint64_t high, uint64_t low);
int main(void) { serve((uint16_t)unforeseen, unforeseen, unforeseen); }
