/* main_afl.c -- a driver for the fuzz targets where there is no libFuzzer: runs the target on each
 * file that is named, or on standard input.  For other fuzzers (AFL gives inputs either way), and
 * to replay a corpus with any compiler:
 *
 *     cc -Iinclude -Ilib -Itests -o replay fuzz/fuzz_wire.c fuzz/main_afl.c build/libisakmp.a
 *     ./replay fuzz/corpus/wire/0* */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static uint8_t input[1 << 20];

/* The target gets a block of exactly the size of the input, so that a sanitizer or valgrind sees
 * the first octet that is read too far. */
static int run(FILE *f)
{
    size_t n = fread(input, 1, sizeof input, f);
    uint8_t *block = malloc(n ? n : 1);
    if (block == NULL)
        return 1;
    for (size_t i = 0; i < n; i++)
        block[i] = input[i];
    LLVMFuzzerTestOneInput(block, n);
    free(block);
    return 0;
}

int main(int argc, char **argv)
{
    int failed = 0;
    if (argc < 2)
        return run(stdin);
    for (int i = 1; i < argc; i++) {
        FILE *f = fopen(argv[i], "rb");
        if (f == NULL) {
            perror(argv[i]);
            return 1;
        }
        failed |= run(f);
        fclose(f);
    }
    return failed;
}
