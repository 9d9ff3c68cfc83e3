// A driver without a GPU behind it: answers as one H100, keeps memory on the host, runs no kernel, and is strict about
// what it is asked for. STANDIN_MEMORY is how many blocks of memory it gives, STANDIN_LAUNCHES how many kernels it takes,
// STANDIN_PTX a folder for all that it is to load.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OK, INVALID = 1, NO_MEMORY = 2, NO_DEVICE = 101, NOT_FOUND = 500, ILLEGAL_ADDRESS = 700 };
enum { SHARED_MOST = 232448, SHARED_UNASKED = 49152, UNITS_MOST = 1024 };

// How often something may still be done.
static int left(const char *name, long *count) {
    const char *most = getenv(name);
    return !most || (*count)++ < atol(most);
}

int cuInit(unsigned flags) { return OK; }
int cuDriverGetVersion(int *version) { *version = 12090; return OK; }
int cuGetExportTable(const void **table, const void *id) { *table = 0; return NOT_FOUND; }

int cuDeviceGetCount(int *count) { *count = 1; return OK; }
int cuDeviceGet(int *device, int number) { *device = number; return number ? NO_DEVICE : OK; }
int cuDeviceGetName(char *name, int len, int device) { snprintf(name, len, "stand-in for an H100"); return OK; }
int cuDeviceGetPCIBusId(char *id, int len, int device) { snprintf(id, len, "0000:01:00.0"); return OK; }
int cuDeviceTotalMem_v2(size_t *bytes, int device) { *bytes = (size_t)80 << 30; return OK; }

int cuDeviceGetAttribute(int *value, int attribute, int device) {
    switch (attribute) {
        case 1: case 2: case 3: *value = UNITS_MOST; break;  // threads a block, x, y
        case 4: *value = 64; break;                           // z
        case 5: *value = 2147483647; break;                   // blocks, x
        case 6: case 7: *value = 65535; break;                // y, z
        case 8: *value = SHARED_UNASKED; break;
        case 10: *value = 32; break;                          // threads a warp
        case 14: *value = 512; break;                         // texture alignment
        case 16: *value = 132; break;                         // multiprocessors
        case 75: *value = 9; break;                           // compute capability 9.0
        case 97: *value = SHARED_MOST; break;                 // when asked for
        default: *value = 0;
    }
    return OK;
}

int cuDevicePrimaryCtxRetain(void **context, int device) { *context = (void *)16; return OK; }
int cuCtxSetCurrent(void *context) { return OK; }
int cuStreamCreate(void **stream, unsigned flags) { *stream = malloc(1); return OK; }
int cuStreamSynchronize(void *stream) { return OK; }
int cuEventCreate(void **event, unsigned flags) { *event = malloc(1); return OK; }
int cuEventRecord(void *event, void *stream) { return OK; }
int cuEventSynchronize(void *event) { return OK; }
int cuEventDestroy_v2(void *event) { free(event); return OK; }

int cuMemAlloc_v2(uint64_t *place, size_t bytes) {
    static long count;
    *place = left("STANDIN_MEMORY", &count) ? (uint64_t)(uintptr_t)calloc(bytes, 1) : 0;
    return *place ? OK : NO_MEMORY;
}
int cuMemAllocHost_v2(void **place, size_t bytes) { *place = calloc(bytes, 1); return *place ? OK : NO_MEMORY; }
int cuMemFree_v2(uint64_t place) { free((void *)(uintptr_t)place); return OK; }
int cuMemFreeHost(void *place) { free(place); return OK; }

int cuMemcpyHtoDAsync_v2(uint64_t to, const void *from, size_t bytes, void *stream) {
    memcpy((void *)(uintptr_t)to, from, bytes);
    return OK;
}
int cuMemcpyDtoHAsync_v2(void *to, uint64_t from, size_t bytes, void *stream) {
    memcpy(to, (void *)(uintptr_t)from, bytes);
    return OK;
}
int cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, void *stream) {
    memmove((void *)(uintptr_t)to, (void *)(uintptr_t)from, bytes);
    return OK;
}

typedef struct { size_t x, y; int kind; void *host; uint64_t device; void *array; size_t pitch; } End;
typedef struct { End from, to; size_t bytes, rows; } Copy;

static char *row(const End *end, size_t y) {
    char *base = end->kind == 1 ? end->host : (char *)(uintptr_t)end->device;
    return base + (end->y + y) * end->pitch + end->x;
}
int cuMemcpy2DAsync_v2(const Copy *copy, void *stream) {
    for (size_t y = 0; y < copy->rows; y++) memcpy(row(&copy->to, y), row(&copy->from, y), copy->bytes);
    return OK;
}

// A kernel, and the shared memory that it was given leave for.
typedef struct { int shared; } Function;

int cuModuleLoadData(void **module, const char *ptx) {
    static int count;
    const char *folder = getenv("STANDIN_PTX");
    char name[4096];
    *module = malloc(1);
    if (folder) {
        snprintf(name, sizeof name, "%s/%03d.ptx", folder, count++);
        FILE *file = fopen(name, "w");
        if (!file || fputs(ptx, file) < 0 || fclose(file)) return INVALID;
    }
    return strstr(ptx, ".entry") ? OK : INVALID;
}
int cuModuleUnload(void *module) { free(module); return OK; }
int cuModuleGetFunction(Function **function, void *module, const char *name) {
    *function = malloc(sizeof(Function));
    (*function)->shared = SHARED_UNASKED;
    return OK;
}
int cuFuncSetAttribute(Function *function, int attribute, int value) {
    if (attribute == 8) function->shared = value;
    return value <= SHARED_MOST ? OK : INVALID;
}
int cuLaunchKernel(Function *function, unsigned x, unsigned y, unsigned z, unsigned units_x, unsigned units_y,
                   unsigned units_z, unsigned shared, void *stream, void **arguments, void **more) {
    static long count;
    unsigned units = units_x * units_y * units_z;
    int fits = x && y && z && y < 65536 && z < 65536 && units && units <= UNITS_MOST && (int)shared <= function->shared;
    return !fits ? INVALID : left("STANDIN_LAUNCHES", &count) ? OK : ILLEGAL_ADDRESS;
}

int cuGetErrorName(int error, const char **text) { *text = "an error"; return OK; }
int cuGetErrorString(int error, const char **text) { *text = "an error of the stand-in"; return OK; }
