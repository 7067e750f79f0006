// The arithmetic of a JPEG decoder, as libjpeg-turbo does it by default, to the bit: so that a
// photo becomes the same pixels as in Pillow and torchvision.
//
// JPEG leaves rounding open, and stb_image rounds differently: by 0.06 grey levels in the mean,
// enough to move one near tie in two hundred. These functions take the place of stb's (see
// stb_image_impl.c), with stb's signatures. Written from the published algorithms: Loeffler,
// Ligtenberg and Moschytz, "Practical fast 1-D DCT algorithms with 11 multiplications" (1989), in
// 13-bit fixed point; ITU-T T.871 for the colours; linear interpolation of the colour planes with
// the centred positions of T.871.
//
// SPDX-License-Identifier: MIT
#ifndef RESNET_IMAGE_JPEG_KERNELS_H_
#define RESNET_IMAGE_JPEG_KERNELS_H_

#ifdef __cplusplus
extern "C" {
#endif

/// Inverse DCT of one block: dequantised coefficients in rows, to 8x8 samples `stride` bytes apart.
void resnet_jpeg_idct(unsigned char* out, int stride, short coefficients[64]);

/// `count` pixels of `step` bytes (3 or 4, the fourth 255) from three planes.
void resnet_jpeg_ycc_to_rgb(unsigned char* out, const unsigned char* y, const unsigned char* cb,
                            const unsigned char* cr, int count, int step);

/// A row of `width` samples to one of 2 * `width`.
unsigned char* resnet_jpeg_upsample_h2(unsigned char* out, unsigned char* row, int width);

/// The same between two rows: `near` counts three quarters, `far` one.
unsigned char* resnet_jpeg_upsample_h2v2(unsigned char* out, unsigned char* near,
                                         unsigned char* far, int width);

#ifdef __cplusplus
}
#endif

#endif  // RESNET_IMAGE_JPEG_KERNELS_H_
